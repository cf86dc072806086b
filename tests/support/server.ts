import { join } from 'node:path'

export interface Started {
  url: string
  pid: number
  /** What it has written to stderr: the banner, or why it did not start. */
  banner(): string
  /** Sends a signal and waits for the end. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<number | null>
}

const MAIN = join(import.meta.dir, '../../src/main.ts')

/** The secret that every server of the tests has unless told: the same as a test app's. */
export const SECRET = 'for tests only: 0123456789abcdef0123456789abcdef'

/** In front of a command: at most so many open files. */
export const withFiles = (files: number) => ['sh', '-c', `ulimit -n ${files} && exec "$@"`, 'sh']

/** Runs `src/main.ts` with these settings and nothing else of the environment; through another program if there is one. */
export const run = (env: Record<string, string>, through: readonly string[] = []) =>
  Bun.spawn([...through, process.execPath, '--no-install', MAIN], {
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', HOST: '127.0.0.1', PORT: '0', SECRET_KEY: SECRET, ...env },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })

/** Starts the server on a free port and resolves when it listens. Throws with what it said if it ends instead. */
export const startServer = async (env: Record<string, string>, through?: readonly string[]): Promise<Started> => {
  const child = run({ APP_URL: 'http://localhost:3000', ...env }, through)
  let said = ''
  const listening = Promise.withResolvers<string>()
  const reading = (async () => {
    for await (const chunk of child.stderr) {
      said += new TextDecoder().decode(chunk)
      const [, url] = said.match(/listening\s+(http:\S+)\n/) ?? []
      if (url) listening.resolve(url)
    }
    listening.reject(new Error(`The server ended: ${said}`))
  })()
  const url = (await listening.promise).replace('localhost', '127.0.0.1')
  return {
    url,
    pid: child.pid,
    banner: () => said,
    kill: async (signal) => {
      child.kill(signal)
      await child.exited
      await reading.catch(() => undefined)
      return child.exitCode
    },
  }
}
