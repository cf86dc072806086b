/** A row that is due. */
export interface Due {
  id: string
  queue: string
  /** Attempts begun so far: each attempt is carried once. */
  attempts: number
}

/**
 * Spreads work over machines: for every few rows that are due, one worker somewhere gets a delivery, and takes as many of
 * that queue for it, the most urgent first. It may lose, repeat or delay deliveries: the rows are the truth, and found
 * without it.
 */
export interface Carrier {
  readonly driver: string
  /** False while it carries nothing. */
  readonly up: boolean
  /** Called when it goes and when it is back. */
  onChange(listener: () => void): void
  /** Rows that are due from now on. Neither waits nor throws. */
  offer(rows: readonly Due[]): void
  /** Begins to take deliveries: at most `limit` of a queue at a time are open, each until `deliver` has resolved. */
  start(
    queues: readonly { name: string; limit: number }[],
    deliver: (queue: string, rows: number) => Promise<void>,
  ): void
  /** Takes no further delivery. Resolves once those that are open have been closed, or a second is over. */
  stop(): Promise<void>
  /** Sends what was offered, and disconnects. */
  close(): Promise<void>
}
