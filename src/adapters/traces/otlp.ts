import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Span as TheirSpan, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { seconds } from '#core'
import type { Log } from '../log/port'
import type { Attributes, Span, SpanOptions, Traces } from './port'

export interface TraceSettings {
  /** Base address of the collector; spans go to `/v1/traces` below it. */
  endpoint: string
  headers: Record<string, string>
  serviceName: string
  /** Share of traces that are kept, from 0 to 1. */
  ratio: number
  version: string
}

/** Longest that a collector may take for one batch. */
const TIMEOUT = seconds(3)
/** How often spans are sent. */
const EVERY = seconds(2)
/** It is told once in so many milliseconds that the collector does not take them. */
const SILENCE = seconds(60)

const KINDS: Record<SpanOptions['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  job: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** Spans by OTLP over HTTP in JSON, in batches and aside. What does not get through is dropped, and said. */
export const otlpTraces = (settings: TraceSettings, log: Pick<Log, 'warn'>): Traces => {
  const provider = providerOf(settings, log)
  const tracer = provider.getTracer('keel', settings.version)
  return {
    begin: (name, options) => begin(tracer, name, options),
    close: async () => provider.shutdown().catch(() => undefined),
  }
}

const providerOf = ({ endpoint, headers, serviceName, ratio, version }: TraceSettings, log: Pick<Log, 'warn'>) => {
  const sampled = new TraceIdRatioBasedSampler(ratio)
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers, timeoutMillis: TIMEOUT })
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    // By the trace's id, so that all processes decide alike; a caller's flag can leave a trace out, not force it in.
    sampler: new ParentBasedSampler({ root: sampled, remoteParentSampled: sampled }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: outspoken(exporter, log),
        scheduledDelayMillis: EVERY,
        exportTimeoutMillis: TIMEOUT,
      }),
    ],
  })
}

const begin = (tracer: Tracer, name: string, { kind, parent, attributes }: SpanOptions): Span => {
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent)) : ROOT_CONTEXT
  const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: defined(attributes) }, context)
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (about) => void span.setAttributes(defined(about)),
    note: (event, about) => void span.addEvent(event, defined(about)),
    end: (error) => {
      if (error !== undefined) fail(span, error)
      span.end()
    },
  }
}

/** Messages may hold what somebody wrote: the name has to do. */
const fail = (span: TheirSpan, error: unknown) => {
  span.setAttribute('error.type', error instanceof Error ? error.name : String(error))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

const contextOf = (traceparent: string) => {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-')
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}

const defined = (attributes: Attributes = {}): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))

/** The exporter keeps its failures to itself. */
const outspoken = (exporter: SpanExporter, log: Pick<Log, 'warn'>): SpanExporter => {
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error && performance.now() - saidAt > SILENCE) {
          saidAt = performance.now()
          log.warn(
            { spans: spans.length, error: result.error.name },
            'The trace collector took no spans; they are lost',
          )
        }
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }
}
