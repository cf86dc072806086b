import type { Redis as Client } from 'ioredis'

export type { Client }

/** Redis as the drivers share it: an accelerator and a carrier, which may be gone at any moment. */
export interface Redis {
  /** False from the first command that was not answered in time, until it answers again. */
  readonly up: boolean
  /**
   * Runs commands that are worth nothing when they come late. Throws at once while Redis is gone, and after 300 ms when it
   * goes meanwhile; an error that Redis itself answers is thrown as it is.
   */
  attempt<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Tells when it goes and when it is back. Returns the function that ends that. */
  onChange(listener: (up: boolean) => void): () => void
  /** Another connection, for commands that wait. It reconnects until somebody closes it. */
  blocking(): Client
  /** Another connection, for subscriptions; begin them on `ready`, which comes again after each reconnect. */
  listening(): Client
  /** Throws if it does not answer. */
  ping(): Promise<void>
  /** Closes all connections. */
  close(): Promise<void>
}
