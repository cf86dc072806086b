import { expect, test } from 'bun:test'
import { hasRedis, startRedis } from './services'

const ping = async (url: string) => {
  const client = new Bun.RedisClient(url, { enableOfflineQueue: false, autoReconnect: false, connectionTimeout: 500 })
  try {
    await client.connect()
    return await client.send('PING', [])
  } finally {
    client.close()
  }
}

test.skipIf(!hasRedis)('a real redis-server starts, is killed, comes back and goes', async () => {
  const redis = await startRedis()
  try {
    expect(await ping(redis.url)).toBe('PONG')
    await redis.kill()
    expect(ping(redis.url)).rejects.toThrow()
    await redis.restart()
    expect(await ping(redis.url)).toBe('PONG')
  } finally {
    await redis.stop()
  }
})
