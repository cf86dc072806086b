import type { Clock } from '#core'

export interface MoveableClock extends Clock {
  /** Moves the clock on; a negative number moves it back. Milliseconds: `clock.advance(minutes(5))`. */
  advance(milliseconds: number): void
  /** Sets the clock; it goes on from there. */
  set(date: Date): void
}

/** A clock that runs like the real one and can be moved. */
export const moveableClock = (start?: Date): MoveableClock => {
  let offset = start ? start.getTime() - Date.now() : 0
  return {
    now: () => new Date(Date.now() + offset),
    advance: (milliseconds) => {
      offset += milliseconds
    },
    set: (date) => {
      offset = date.getTime() - Date.now()
    },
  }
}

/** A clock that stands still until it is moved. */
export const stoppedClock = (start = new Date('2026-11-22T10:00:00.000Z')): MoveableClock => {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    advance: (milliseconds) => {
      now += milliseconds
    },
    set: (date) => {
      now = date.getTime()
    },
  }
}
