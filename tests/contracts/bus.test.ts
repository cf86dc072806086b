import { afterEach, describe, expect, test } from 'bun:test'
import { memoryBus } from '#adapters/bus/memory'
import type { Bus } from '#adapters/bus/port'
import { openLog } from '#adapters/log/open'

interface Opened {
  bus: Bus
  /** Everything that the bus logged. */
  lines: string[]
}

const drivers: { name: string; open: () => Promise<Opened> }[] = [
  {
    name: 'memory',
    open: async () => {
      const lines: string[] = []
      return { bus: memoryBus(openLog({ logLevel: 'error' }, { write: (line) => lines.push(line) })), lines }
    },
  },
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
