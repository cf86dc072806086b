/** Why an address that somebody typed in is not called: it is none that we take, or it leads inside. */
export type Refusal = 'invalid_url' | 'private_address'

/** Why there was no answer. Names only: what the network said may hold addresses. */
export type OutboundError =
  | Refusal
  | 'dns_failed'
  | 'timeout'
  | 'tls_failed'
  | 'connection_refused'
  | 'connection_reset'
  | 'connection_failed'
  | 'invalid_response'
  /** The caller's signal ended it. */
  | 'aborted'

/** What came of a call. `durationMs` in milliseconds. */
export type OutboundReply =
  | { kind: 'answered'; status: number; retryAfter?: string; body: string; durationMs: number }
  | { kind: 'failed'; error: OutboundError; durationMs: number }

export interface OutboundRequest {
  headers: Record<string, string>
  body: string | Uint8Array
  signal?: AbortSignal
}

/** Calls addresses that people typed in, and no address inside (ASVS 1.3.6, 15.3.2). */
export interface Outbound {
  /** What is wrong with a URL, if anything is. A name that cannot be resolved now may be resolved later: it passes. */
  check(url: string): Promise<Refusal | undefined>
  /**
   * Posts once, to an address that was checked a moment ago: no redirect is followed. Does not throw. A call takes at
   * most 20 s; of the reply at most 1 kB is kept, and a few kB are read.
   */
  post(url: string, request: OutboundRequest): Promise<OutboundReply>
}
