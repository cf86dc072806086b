import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { memoryBus } from '#adapters/bus/memory'
import type { Bus } from '#adapters/bus/port'
import { redisBus } from '#adapters/bus/redis'
import { openLog } from '#adapters/log/open'
import { silentLog } from '#adapters/log/silent'
import { openRedis } from '#adapters/redis/open'
import { hasRedis, type RedisServer, startRedis } from '../support/services'

interface Opened {
  bus: Bus
  /** Everything that the bus logged. */
  lines: string[]
}

const memoryOf = (lines: string[]) => openLog({ logLevel: 'error' }, { write: (line) => lines.push(line) })
const openMemory = async (): Promise<Opened> => {
  const lines: string[] = []
  return { bus: memoryBus(memoryOf(lines)), lines }
}

let server: RedisServer | undefined
beforeAll(async () => {
  if (hasRedis) server = await startRedis()
})
afterAll(() => server?.stop())

/** The bus of a process of its own. */
const openRedisBus = async (): Promise<Opened> => {
  const lines: string[] = []
  const log = memoryOf(lines)
  const redis = await openRedis({ redisUrl: server?.url }, silentLog)
  if (!redis) throw new Error('no Redis')
  const bus = redisBus(redis, log)
  const ready = new Promise<void>((resolve) => void bus.subscribe('gap', () => resolve()))
  await ready
  const close = async () => {
    await bus.close()
    await redis.close()
  }
  return { bus: { ...bus, close }, lines }
}

const drivers: { name: string; open: () => Promise<Opened> }[] = [
  { name: 'memory', open: openMemory },
  ...(hasRedis ? [{ name: 'redis', open: openRedisBus }] : []),
]

describe.each(drivers)('bus: $name', ({ open }) => {
  let opened: Opened | undefined
  const start = async () => {
    opened = await open()
    return opened
  }
  afterEach(() => opened?.bus.close())

  test('a listener of this process has heard the message when publish returns', async () => {
    const { bus } = await start()
    const heard: unknown[] = []
    bus.subscribe('news', (message) => heard.push(message))
    bus.publish('news', { n: 1 })
    expect(heard).toEqual([{ n: 1 }])
  })

  test('channels are apart', async () => {
    const { bus } = await start()
    const heard: unknown[] = []
    bus.subscribe('news', (message) => heard.push(message))
    bus.publish('sports', 'goal')
    expect(heard).toEqual([])
  })

  test('the returned function ends one subscription and no other, even of the same listener', async () => {
    const { bus } = await start()
    const heard: unknown[] = []
    const listener = (message: unknown) => heard.push(message)
    const end = bus.subscribe('news', listener)
    bus.subscribe('news', listener)
    end()
    end()
    bus.publish('news', 1)
    expect(heard).toEqual([1])
  })

  test('a listener that throws is logged; the publisher and the other listeners do not notice', async () => {
    const { bus, lines } = await start()
    const heard: unknown[] = []
    bus.subscribe('news', () => {
      throw new Error('deaf')
    })
    bus.subscribe('news', (message) => heard.push(message))
    expect(() => bus.publish('news', 1)).not.toThrow()
    expect(heard).toEqual([1])
    expect(lines.join('')).toContain('deaf')
  })

  test('a subscription begun by a listener hears the next message, not this one', async () => {
    const { bus } = await start()
    const late: unknown[] = []
    bus.subscribe('news', () => void bus.subscribe('news', (message) => late.push(message)))
    bus.publish('news', 1)
    expect(late).toEqual([])
    bus.publish('news', 2)
    expect(late).toEqual([2])
  })

  test('after close nothing is heard', async () => {
    const { bus } = await start()
    const heard: unknown[] = []
    bus.subscribe('news', (message) => heard.push(message))
    await bus.close()
    bus.publish('news', 1)
    expect(heard).toEqual([])
  })
})

describe.skipIf(!hasRedis)('bus over Redis', () => {
  const opened: Opened[] = []
  const two = async () => {
    const [one, other] = [await openRedisBus(), await openRedisBus()]
    opened.push(one, other)
    return { one: one.bus, other: other.bus }
  }
  afterEach(async () => {
    for (const { bus } of opened.splice(0)) await bus.close()
  })
  const next = (bus: Bus, channel: string) =>
    new Promise<unknown>((resolve) => {
      const end = bus.subscribe(channel, (message) => {
        end()
        resolve(message)
      })
    })

  test('another process hears the message within a second, dates and sets as what they are; the sender hears it once', async () => {
    const { one, other } = await two()
    const mine: unknown[] = []
    one.subscribe('news', (message) => mine.push(message))
    const heard = next(other, 'news')
    const message = { at: new Date('2026-11-22T10:00:00.000Z'), can: new Set(['a']), text: 'x' }
    const sent = performance.now()
    one.publish('news', message)
    expect(await heard).toEqual(message)
    expect(performance.now() - sent).toBeLessThan(1000)
    const answered = next(one, 'answer')
    other.publish('answer', 1)
    await answered
    expect(mine).toEqual([message])
  })

  test('messages keep their order', async () => {
    const { one, other } = await two()
    const heard: unknown[] = []
    other.subscribe('news', (message) => heard.push(message))
    const last = next(other, 'last')
    for (let n = 0; n < 100; n++) one.publish('news', n)
    one.publish('last', true)
    await last
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('what somebody else writes on the channel is no message', async () => {
    const { one, other } = await two()
    const heard: unknown[] = []
    other.subscribe('news', (message) => heard.push(message))
    for (const text of ['', '{', 'null', '[]', '{"channel":7}']) await server?.send(['PUBLISH', 'keel:0:bus', text])
    const last = next(other, 'last')
    one.publish('last', true)
    await last
    expect(heard).toEqual([])
  })

  // bar 225
  test('a server that goes is found out by ping; when it is back, a gap is told and messages flow again', async () => {
    const { one, other } = await two()
    const gaps = [next(one, 'gap'), next(other, 'gap')]
    await server?.kill()
    await expect(one.ping?.()).rejects.toThrow()
    one.publish('news', 'lost')
    await server?.restart()
    await Promise.all(gaps)
    await answers(one)
    const heard = next(other, 'news')
    one.publish('news', 'there')
    expect(await heard).toBe('there')
  })

  test('a server that was frozen is a gap too', async () => {
    const { one, other } = await two()
    const gaps = [next(one, 'gap'), next(other, 'gap')]
    server?.freeze()
    await expect(one.ping?.()).rejects.toThrow()
    await expect(other.ping?.()).rejects.toThrow()
    server?.thaw()
    await Promise.all(gaps)
    const heard = next(other, 'news')
    one.publish('news', 'there')
    expect(await heard).toBe('there')
  })

  test('a process that could not be heard says so to the others when it can', async () => {
    const { one, other } = await two()
    await server?.send(['CLIENT', 'PAUSE', '700', 'ALL'])
    one.publish('news', 'lost')
    await expect(one.ping?.()).rejects.toThrow()
    const told = next(other, 'gap')
    await answers(one)
    await told
  })
})

/** Resolves once it does. */
const answers = async (bus: Bus) => {
  while (
    !(await bus.ping?.().then(
      () => true,
      () => false,
    ))
  )
    await Bun.sleep(5)
}
