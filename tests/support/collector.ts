import { receiver } from './receiver'

/** A span as OTLP writes it. */
export interface Collected {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: number
  /** 0, or 2 when it failed. */
  status: number | undefined
  attributes: Record<string, unknown>
  events: string[]
}

interface Attribute {
  key: string
  value: Record<string, unknown>
}
interface Sent {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: (Omit<Collected, 'attributes' | 'events' | 'status'> & {
        attributes?: Attribute[]
        events?: { name: string }[]
        status?: { code?: number }
      })[]
    }[]
  }[]
}

/** A real OTLP/HTTP collector on the loopback interface. */
export const collector = () => {
  const server = receiver(() => Response.json({}))
  const sent = () => server.received.map(({ raw }): Sent => JSON.parse(raw))
  return {
    ...server,
    resource: () => valuesOf(sent()[0]?.resourceSpans[0]?.resource.attributes),
    spans: (): Collected[] =>
      sent()
        .flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map(({ attributes, events = [], status, ...span }) => ({
          ...span,
          attributes: valuesOf(attributes),
          events: events.map(({ name }) => name),
          status: status?.code,
        })),
  }
}

const valuesOf = (attributes: Attribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
