/** Milliseconds of back-to-back work after which the event loop gets a turn. */
const SLICE = 5

/** One at a time, first come first served. `acquire` waits for the turn, `release` hands it on. */
export const createMutex = () => {
  const loopIsDue = createBreath()
  let held = false
  let waiting: (() => void)[] = []
  let next = 0

  const acquire = (): Promise<void> | undefined => {
    if (held) return new Promise((resolve) => waiting.push(resolve))
    held = true
    return loopIsDue() ? new Promise((resolve) => setImmediate(resolve)) : undefined
  }

  const release = () => {
    const turn = waiting[next++]
    if (turn) return loopIsDue() ? void setImmediate(turn) : turn()
    held = false
    waiting = []
    next = 0
  }

  return { acquire, release }
}

/**
 * Tells whether the event loop has not turned for a while. Transactions that never wait for anything follow each other
 * without a turn of the loop: some hundreds of them would stall every request for as long as they take.
 */
const createBreath = () => {
  let since: number | undefined
  const turned = () => {
    since = undefined
  }
  return () => {
    if (since !== undefined) return performance.now() - since > SLICE
    since = performance.now()
    setImmediate(turned)
    return false
  }
}
