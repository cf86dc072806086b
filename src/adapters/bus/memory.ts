import type { Log } from '../log/port'
import type { Bus } from './port'

/** A bus within this process: listeners run before `publish` returns, and their errors are logged, never the publisher's. */
export const memoryBus = (log: Log): Bus => {
  const channels = new Map<string, Set<(message: unknown) => void>>()
  return {
    driver: 'memory',
    publish(channel, message) {
      // A copy: a listener may end its own subscription, or add one that should not hear this message.
      for (const listener of [...(channels.get(channel) ?? [])]) {
        try {
          listener(message)
        } catch (error) {
          log.error({ error, channel }, 'a bus listener failed')
        }
      }
    },
    subscribe(channel, listener) {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const entry = (message: unknown) => listener(message)
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(entry))
      return () => {
        listeners.delete(entry)
        if (listeners.size === 0 && channels.get(channel) === listeners) channels.delete(channel)
      }
    },
    async close() {
      channels.clear()
    },
  }
}
