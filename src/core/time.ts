/** Durations in milliseconds, so that a constant reads as it is meant: `RESET_TOKEN_LIFETIME = minutes(15)`. */
export const seconds = (n: number) => n * 1000
export const minutes = (n: number) => seconds(n * 60)
export const hours = (n: number) => minutes(n * 60)
export const days = (n: number) => hours(n * 24)

/** Where the time comes from. A value, so that tests can move it. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** The moment `milliseconds` after (or, negative, before) `date`. */
export const later = (date: Date, milliseconds: number) => new Date(date.getTime() + milliseconds)

/**
 * What the clocks of two machines may differ by, and requests that come at once but are not handled in that order: a time
 * that lies further ahead means that the clock was set back.
 */
export const SKEW = minutes(1)
