import type { Tx } from '../database/port'

/** A reply as it is kept for those who ask again. */
export interface StoredReply {
  status: number
  headers: [name: string, value: string][]
  body: Uint8Array<ArrayBuffer>
}

/** A key that is ours: nobody else's attempt can commit while we hold it. */
export interface Held {
  /**
   * Has to be the last query of each transaction of this attempt: notes in the same commit that the effect took place.
   * Throws REQUEST_IN_PROGRESS if another attempt has taken over, which rolls the transaction back.
   */
  beforeCommit: (tx: Tx) => Promise<void>
  /** Keeps the reply for a day. */
  complete: (reply: StoredReply) => Promise<void>
  /** Gives the key back, so that the next attempt runs; unless this one took effect, then its reply counts as lost. */
  release: () => Promise<void>
  /** Gives the key back in any case: the attempt was refused, so what it committed is not what was asked for. */
  forget: () => Promise<void>
}

export type Claim =
  | { outcome: 'claimed'; held: Held }
  /** Was answered before. */
  | { outcome: 'replay'; reply: StoredReply }
  /** Another attempt runs; `retryAfter` in seconds. */
  | { outcome: 'running'; retryAfter: number }
  /** The key came with another request before. */
  | { outcome: 'reused' }
  /** It took effect, and the process died before it could keep the reply. */
  | { outcome: 'lost' }

/** Remembers what was answered to a request with an Idempotency-Key, per caller, for a day. */
export interface Idempotency {
  claim(caller: string, key: string, request: string): Promise<Claim>
}
