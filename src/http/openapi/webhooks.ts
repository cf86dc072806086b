import type { App, EventType } from '#core'
import { exampleOf } from './example'
import { type Json, type JsonObject, plain } from './json'
import { jsonSchema } from './schema'

const header = (name: string, description: string, example: string): JsonObject => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
  example,
})

/** What we send to endpoints that subscribed: one entry per public event, after Standard Webhooks. */
export const webhooksOf = (app: Pick<App, 'features'>): JsonObject => {
  const events = app.features.flatMap((feature) => (feature.events ?? []).filter((event) => event.public))
  return Object.fromEntries(events.map((event) => [event.name, { post: delivery(event) }]))
}

const delivery = (event: EventType): JsonObject => {
  const schema: JsonObject = {
    type: 'object',
    required: ['type', 'timestamp', 'data'],
    properties: {
      type: { type: 'string', const: event.name },
      timestamp: { type: 'string', format: 'date-time' },
      data: dataOf(event),
    },
  }
  const example = exampleOf(schema)
  return {
    operationId: `on${event.name.replace(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: `Somebody ${event.summary}`,
    tags: ['webhooks'],
    security: [],
    parameters: [
      header(
        'webhook-id',
        'The same on every attempt: use it to drop duplicates.',
        'msg_0193a3f07c1e7c4e9d2b5f1e8a6b3c4d',
      ),
      header('webhook-timestamp', 'Seconds since 1970 at this attempt.', '1795341600'),
      header(
        'webhook-signature',
        '`v1,` and the base64 HMAC-SHA-256 of `id.timestamp.body`; several, separated by spaces, while a secret rotates.',
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ),
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
    },
    responses: {
      '200': { description: 'Taken. Any 2xx will do.' },
      '410': { description: 'Not wanted any more: the endpoint is turned off at once.' },
    },
  }
}

const dataOf = (event: EventType): Json => jsonSchema(plain(event.payload))
