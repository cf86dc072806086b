import { randomToken } from '#core'

const WELL_FORMED = /^[A-Za-z0-9_-]{8,64}$/

/** Keeps a well-formed incoming id, else makes one: random per process, then counted, so that it costs nothing. */
export const requestIds = () => {
  const prefix = randomToken(9)
  let count = 0
  return (incoming: string | null): string => {
    if (incoming !== null && WELL_FORMED.test(incoming)) return incoming
    count += 1
    return `${prefix}-${count.toString(36).padStart(6, '0')}`
  }
}
