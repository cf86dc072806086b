import { describe, expect, test } from 'bun:test'
import { unwrapSchema } from '@elysiajs/openapi/openapi'
import { t } from 'elysia'
import { queryInteger } from '../paging'
import { plain } from './json'
import { hoistTitled, jsonSchema } from './schema'

const converted = (schema: Parameters<typeof unwrapSchema>[0]) => jsonSchema(plain(unwrapSchema(schema)))

describe('what Elysia means by a schema', () => {
  test('a number is not a string that reads as one', () => {
    expect(converted(t.Integer({ minimum: 1, maximum: 9 }))).toEqual({ type: 'integer', minimum: 1, maximum: 9 })
    expect(converted(t.Object({ n: t.Number() }))).toMatchObject({ properties: { n: { type: 'number' } } })
  })

  test('a number in a query, which is checked as text, is a number', () => {
    expect(converted(queryInteger(0, 50))).toEqual({ type: 'integer', minimum: 0, maximum: 50 })
  })

  test('a date is one spelling of a date', () => {
    expect(converted(t.Date())).toMatchObject({ type: 'string', format: 'date-time' })
    expect(JSON.stringify(converted(t.Object({ at: t.Date() })))).not.toContain('Date"')
  })

  test('what may be null says so in its type and among its choices', () => {
    expect(converted(t.Object({ a: t.Nullable(t.String()) }))).toMatchObject({
      properties: { a: { type: ['string', 'null'] } },
    })
    const choice = converted(t.Object({ a: t.Nullable(t.Union([t.Literal('x'), t.Literal('y')])) }))
    expect(choice).toMatchObject({ properties: { a: { type: ['string', 'null'], enum: ['x', 'y', null] } } })
  })

  test('what a body does not name is dropped, not refused, also once a route has been asked', () => {
    expect(converted(t.Object({ a: t.String() }, { additionalProperties: false }))).not.toHaveProperty(
      'additionalProperties',
    )
  })

  test('a record has values of one kind under any name', () => {
    expect(converted(t.Record(t.String(), t.Boolean()))).toEqual({
      type: 'object',
      additionalProperties: { type: 'boolean' },
    })
  })

  test('words for our own use are gone; a property may still be called like one', () => {
    expect(converted(t.Object({ error: t.String({ error: 'has to be text' }) }))).toEqual({
      type: 'object',
      required: ['error'],
      properties: { error: { type: 'string' } },
    })
  })

  test('examples and defaults are values, whatever they look like', () => {
    const schema = t.Object({}, { examples: [{ nullable: true, type: 'Date' }] })
    expect(converted(schema)).toMatchObject({ examples: [{ nullable: true, type: 'Date' }] })
  })
})

describe('a title', () => {
  const thing = { type: 'object', title: 'Thing', properties: { id: { type: 'string' } } }

  test('makes a schema one component, however often it is used and wherever', () => {
    const { document, schemas } = hoistTitled({
      a: thing,
      b: [{ type: 'object', title: 'Box', properties: { thing } }],
    })
    expect(document).toEqual({ a: { $ref: '#/components/schemas/Thing' }, b: [{ $ref: '#/components/schemas/Box' }] })
    expect(schemas).toEqual({
      Thing: thing,
      Box: { type: 'object', title: 'Box', properties: { thing: { $ref: '#/components/schemas/Thing' } } },
    })
  })

  test('that two different schemas have names neither', () => {
    const other = { ...thing, properties: {} }
    const document = { a: thing, b: other }
    expect(hoistTitled(document)).toEqual({ document, schemas: {} })
  })
})
