/** Where one counter stands after a hit. */
export interface Count {
  count: number
  /** Milliseconds until it starts again at zero. */
  resetIn: number
}

/** Counts hits per key in fixed windows. An accelerator: losing it loses no data and locks nobody out. */
export interface Counters {
  readonly driver: string
  /** Adds one and tells where the counter stands. `window` in milliseconds. */
  hit(key: string, window: number): Count | Promise<Count>
  reset(key: string): void | Promise<void>
  close(): Promise<void>
}
