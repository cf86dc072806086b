import { connect } from 'node:net'
import { tempFolder } from './temp'

/** True where a redis-server is installed; tests that need one are skipped elsewhere, but never in CI. */
export const hasRedis = Bun.which('redis-server') !== null
if (!hasRedis && process.env.CI === 'true') throw new Error('CI needs redis-server: tests must not be skipped there')

export interface RedisServer {
  url: string
  /** Sends a command as any other client would. */
  send(command: string[]): Promise<unknown>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>
  /** Freezes it: connections stay, nothing answers. */
  freeze(): void
  thaw(): void
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** A real redis-server of its own on a free port, without persistence. */
export const startRedis = async (): Promise<RedisServer> => {
  const folder = tempFolder('keel-redis-')
  const port = freePort()
  const start = async () => {
    const server = Bun.spawn(
      [
        'redis-server',
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--maxmemory-policy',
        'noeviction',
        '--dir',
        folder.path,
      ],
      { stdout: 'ignore', stderr: 'ignore' },
    )
    await answers(port)
    return server
  }
  let server = await start()
  const kill = async () => {
    server.kill('SIGKILL')
    await server.exited
  }
  const url = `redis://127.0.0.1:${port}`
  return {
    url,
    send: async ([name = '', ...args]) => {
      const client = new Bun.RedisClient(url, { autoReconnect: false, connectionTimeout: 1000 })
      try {
        return await client.send(name, args)
      } finally {
        client.close()
      }
    },
    kill,
    restart: async () => {
      await kill()
      server = await start()
    },
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    stop: async () => {
      await kill()
      folder.remove()
    },
  }
}

export const freePort = () => {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  probe.stop(true)
  return probe.port
}

const answers = async (port: number) => {
  for (let tries = 0; tries < 500; tries++) {
    if (await accepts(port)) return
    await Bun.sleep(10)
  }
  throw new Error(`redis-server does not answer on port ${port}`)
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
  })
