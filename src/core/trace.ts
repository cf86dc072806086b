import type { Span, SpanOptions, Traces } from '../adapters/traces/port'
import type { Context } from './app'

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** A `traceparent` header if it is well-formed, else nothing. W3C Trace Context, version 00. */
export const traceparentOf = (header: string | null): string | null =>
  header !== null && TRACEPARENT.test(header) ? header : null

type Traced = Partial<Pick<Context, 'traces' | 'traceparent'>>
type Work<T> = (span?: Span) => Promise<T>

/** Runs `work` as a span below the context's own, or below `parent`. Where no traces are collected, just runs it. */
export const traced = <T>({ traces, traceparent }: Traced, name: string, options: SpanOptions, work: Work<T>) =>
  traces ? inSpan(traces, name, { parent: traceparent ?? null, ...options }, work) : work()

const inSpan = async <T>(traces: Traces, name: string, options: SpanOptions, work: Work<T>): Promise<T> => {
  const span = traces.begin(name, options)
  let failed: unknown
  try {
    return await work(span)
  } catch (error) {
    failed = error
    throw error
  } finally {
    span.end(failed)
  }
}
