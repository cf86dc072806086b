/** Watches the event loop. `stop` returns the longest time in milliseconds in which it did not turn. */
export const measureLag = () => {
  let longest = 0
  let last = performance.now()
  const beat = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(beat, 1)
  return {
    stop: () => {
      clearInterval(timer)
      beat()
      return longest
    },
  }
}
