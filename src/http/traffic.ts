import { minutes, perApp } from '#core'

const MINUTE = minutes(1)
/** Minutes that are kept. */
const KEPT = 60
/** Upper bounds in milliseconds; what took longer counts as the last. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

interface Slot {
  /** Minutes since 1970; a slot of another hour is an old one. */
  minute: number
  requests: number
  refused: number
  failed: number
  byDuration: Uint32Array
}

/** Requests to the API in the last hour, by the minute, of this process alone. Numbers in a ring: no request waits for it. */
export const trafficOf = perApp((app) => {
  const ring: Slot[] = Array.from({ length: KEPT }, () => emptySlot(0))
  const since = app.clock.now()

  const note = (status: number, milliseconds: number) => {
    const minute = Math.floor(app.clock.now().getTime() / MINUTE)
    let slot = ring[minute % KEPT]
    if (slot?.minute !== minute) {
      slot = emptySlot(minute)
      ring[minute % KEPT] = slot
    }
    slot.requests += 1
    if (status >= 500) slot.failed += 1
    else if (status >= 400) slot.refused += 1
    const found = BOUNDS.findIndex((bound) => milliseconds <= bound)
    const at = found === -1 ? BOUNDS.length - 1 : found
    slot.byDuration[at] = (slot.byDuration[at] ?? 0) + 1
  }

  /** The last hour, oldest minute first; minutes without a request are there, too. Durations are upper bounds. */
  const lastHour = () => {
    const now = Math.floor(app.clock.now().getTime() / MINUTE)
    return Array.from({ length: KEPT }, (_, at) => {
      const minute = now - KEPT + 1 + at
      const kept = ring[minute % KEPT]
      const { requests, refused, failed, byDuration } = kept?.minute === minute ? kept : emptySlot(minute)
      return {
        at: new Date(minute * MINUTE).toISOString(),
        requests,
        refused,
        failed,
        p50: quantile(byDuration, requests, 0.5),
        p95: quantile(byDuration, requests, 0.95),
      }
    })
  }

  return { since, note, lastHour }
})

const emptySlot = (minute: number): Slot => ({
  minute,
  requests: 0,
  refused: 0,
  failed: 0,
  byDuration: new Uint32Array(BOUNDS.length),
})

/** Milliseconds that this share of the requests did not take longer than; nothing without requests. */
const quantile = (byDuration: Uint32Array, requests: number, share: number): number | null => {
  if (requests === 0) return null
  let below = 0
  const at = byDuration.findIndex((count) => {
    below += count
    return below >= requests * share
  })
  return BOUNDS[at] ?? null
}
