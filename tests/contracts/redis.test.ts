import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openLog } from '#adapters/log/open'
import { openRedis } from '#adapters/redis/open'
import { hasRedis, type RedisServer, startRedis } from '../support/services'
import { until } from '../support/until'

const open = async (redisUrl: string) => {
  const lines: string[] = []
  const redis = await openRedis({ redisUrl }, openLog({ logLevel: 'info' }, { write: (line) => lines.push(line) }))
  if (!redis) throw new Error('no Redis')
  return { redis, said: () => lines.join('') }
}

test('a process without REDIS_URL loads neither ioredis nor BullMQ', () => {
  const script = `
    const { openApp, closeApp } = await import('${import.meta.dir}/../../src/app')
    const { loadConfig } = await import('${import.meta.dir}/../../src/config')
    const { tempFolder } = await import('${import.meta.dir}/../support/temp')
    const folder = tempFolder()
    const app = await openApp(loadConfig({ NODE_ENV: 'test', DATA_DIR: folder.path, SECRET_KEY: '0123456789abcdefghijklmnopqrstuvwxyz' }))
    await app.queue.work()
    await app.cache.getOrSet('k', async () => 1, { ttl: 1000 })
    await app.counters.hit('k', 1000)
    await app.queue.drain(0)
    await closeApp(app)
    folder.remove()
    console.log(Object.keys(require.cache).filter((path) => /node_modules\\/(ioredis|bullmq|bentocache.*redis)/.test(path)).length)
    process.exit()`
  const { stdout, stderr } = Bun.spawnSync([process.execPath, '-e', script], { cwd: import.meta.dir })
  expect(stdout.toString().trim() || stderr.toString()).toBe('0')
})

describe.skipIf(!hasRedis)('the connection to Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  // bar 208
  test('a server that may throw keys away is pointed out at the start', async () => {
    const good = await open(server.url)
    expect(good.said()).not.toContain('noeviction')
    await good.redis.close()
    await server.send(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'])
    const bad = await open(server.url)
    expect(bad.said()).toContain('set maxmemory-policy to noeviction')
    await bad.redis.close()
    await server.send(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'])
  })

  test('an error that Redis answers is an answer: it does not count as gone', async () => {
    const { redis } = await open(server.url)
    await expect(redis.attempt((client) => client.call('NO-SUCH-COMMAND'))).rejects.toThrow('unknown command')
    expect(redis.up).toBe(true)
    await redis.close()
  })

  test('a process that was busy itself does not take Redis for gone', async () => {
    const { redis } = await open(server.url)
    const asked = redis.attempt((client) => client.get('k'))
    Bun.sleepSync(600)
    expect(await asked).toBeNull()
    expect(redis.up).toBe(true)
    await redis.close()
  })

  // bar 208, bar 231
  test('its going and coming are said once each, without the password', async () => {
    await server.send(['CONFIG', 'SET', 'requirepass', 'hunter2hunter2'])
    const { redis, said } = await open(server.url.replace('redis://', 'redis://:hunter2hunter2@'))
    expect(redis.up).toBe(true)
    await server.kill()
    await until(() => !redis.up)
    for (let i = 0; i < 10; i++) await expect(redis.attempt((client) => client.get('k'))).rejects.toThrow()
    await server.restart()
    await until(() => redis.up)
    expect(said().match(/Redis is gone/g)).toHaveLength(1)
    expect(said().match(/Redis is there/g)).toHaveLength(2)
    expect(said()).not.toContain('hunter2')
    await redis.close()
  }, 10_000)

  // bar 231
  test('a wrong password is no crash: the process starts without, and says why', async () => {
    await server.send(['CONFIG', 'SET', 'requirepass', 'hunter2hunter2'])
    const { redis, said } = await open(server.url)
    expect(redis.up).toBe(false)
    expect(said()).toContain('starting without it')
    expect(said()).toContain('NOAUTH')
    await redis.close()
  })
})
