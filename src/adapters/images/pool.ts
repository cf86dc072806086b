import { Failure } from '#core'

/** Pictures that may wait; each holds its bytes in memory. */
const MAX_WAITING = 100
const RETRY_AFTER = 5

/** Runs at most `size` at a time, first come first served. Throws IMAGES_BUSY when too many wait already. */
export const pool = (size: number, maxWaiting = MAX_WAITING) => {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= size) {
      if (waiting.length >= maxWaiting)
        throw new Failure('unavailable', 'images_busy', 'Too many pictures at once. Try again in a moment.', {
          retryAfter: RETRY_AFTER,
        })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
