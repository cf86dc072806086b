/** Milliseconds of back-to-back work after which the event loop gets a turn. */
const SLICE = 5

/** One at a time, first come first served. The returned function waits for the turn; `release` hands it on. */
export const createMutex = () => {
  let held = false
  let sliceStart = 0
  let waiting: (() => void)[] = []
  let next = 0

  const acquire = (): Promise<void> | undefined => {
    if (held) return new Promise((resolve) => waiting.push(resolve))
    held = true
    sliceStart = performance.now()
    return undefined
  }

  const release = () => {
    const turn = waiting[next++]
    if (!turn) {
      held = false
      waiting = []
      next = 0
      return
    }
    if (performance.now() - sliceStart < SLICE) return turn()
    // Hundreds of queued transactions would otherwise run in one go and stall every request for as long.
    setImmediate(() => {
      sliceStart = performance.now()
      turn()
    })
  }

  return { acquire, release }
}
