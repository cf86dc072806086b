import { drift } from './clock'
import { about, type Check, reasonOf } from './finding'

const ANSWER_LIMIT = 3000
const { error, warning } = about('redis')

/** Redis answers, evicts nothing, and has the same time. */
export const redis: Check = async ({ config, now }) => {
  if (!config.redisUrl) {
    if (config.mode === 'all') return []
    return [
      warning(
        `MODE=${config.mode} without Redis: processes on several machines do not see each other's limits and caches`,
        'Set REDIS_URL as soon as there is a second machine.',
      ),
    ]
  }
  const { Redis } = await import('ioredis')
  let reason: unknown
  const client = new Redis(config.redisUrl, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_LIMIT,
    commandTimeout: ANSWER_LIMIT,
  })
  client.on('error', (problem: unknown) => {
    reason = problem
  })
  try {
    await client.connect()
    const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1]
    const [seconds] = await client.time()
    const found = drift('Redis', new Date(Number(seconds) * 1000), now())
    if (policy !== undefined && policy !== 'noeviction')
      found.push(error(`It throws keys away (${policy}) when it is full`, 'Set maxmemory-policy to noeviction.'))
    return found
  } catch (problem) {
    return [error(`It does not answer: ${reasonOf(reason ?? problem)}`, 'Check REDIS_URL, and that the server runs.')]
  } finally {
    client.disconnect()
  }
}
