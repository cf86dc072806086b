import Bowser from 'bowser'
import { digest } from '#core'

/** A device as people know it: `Firefox on Linux`. */
export const deviceOf = (userAgent: string | null): string => {
  if (!userAgent) return 'Unknown device'
  try {
    const { browser, os } = Bowser.parse(userAgent)
    if (browser.name && os.name) return `${browser.name} on ${os.name}`
    return browser.name || os.name || 'Unknown device'
  } catch {
    return 'Unknown device'
  }
}

/** What tells devices apart: browser and system, not their versions, and not the address, which changes on every train. */
export const fingerprintOf = (userAgent: string | null): string => digest(deviceOf(userAgent))
