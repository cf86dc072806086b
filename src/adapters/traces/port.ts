export type SpanKind = 'server' | 'client' | 'job' | 'internal'
/** Names and plain values: never what somebody wrote, never a secret. */
export type Attributes = Record<string, string | number | boolean | undefined>

export interface SpanOptions {
  kind: SpanKind
  /** The span it is part of, as a W3C `traceparent`; a new trace without one. */
  parent?: string | null
  attributes?: Attributes
}

/** Something that takes time. */
export interface Span {
  /** How others hang theirs below it: `00-<trace>-<span>-<flags>`, W3C Trace Context. */
  readonly traceparent: string
  set(attributes: Attributes): void
  /** Notes that something happened in it. */
  note(name: string, attributes?: Attributes): void
  /** It is over; with `error` it failed. Only the error's name is told. */
  end(error?: unknown): void
}

/** Where spans are collected. Nothing waits for it, and nothing fails because it is away. */
export interface Traces {
  begin(name: string, options: SpanOptions): Span
  /** Sends what is left, for at most a few seconds. */
  close(): Promise<void>
}
