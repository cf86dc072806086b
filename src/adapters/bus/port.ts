/**
 * Tells every process of the fleet, this one at once. At most once: never the only carrier of a fact. Where messages can
 * get lost on their way, a message on `gap` says that some may have been: whoever keeps state forgets it then.
 * Messages are what JSON can say, and dates, sets and maps.
 */
export interface Bus {
  readonly driver: string
  publish(channel: string, message: unknown): void
  /** Returns the function that ends the subscription. */
  subscribe(channel: string, listener: (message: unknown) => void): () => void
  /** Throws if the carrier does not answer. Absent where there is none. */
  ping?: () => Promise<void>
  close(): Promise<void>
}
