import type { Bus } from '../bus/port'

/** Milliseconds in which many changes are told as one. */
const GATHER = 300

/** Says on the bus, as `jobs`, that jobs have changed: for those who look on. Nothing depends on it. */
export const createPulse = (bus: Bus) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = () => {
    timer = undefined
    bus.publish('jobs', {})
  }
  return {
    beat: () => {
      timer ??= setTimeout(tell, GATHER).unref()
    },
    stop: () => clearTimeout(timer),
  }
}
