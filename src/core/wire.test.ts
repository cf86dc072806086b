import { expect, test } from 'bun:test'
import { fromWire, toWire } from './wire'

test('dates, sets and maps arrive as what they were, however deep', () => {
  const value = {
    at: new Date('2026-11-22T10:00:00.000Z'),
    list: [{ can: new Set(['a', 'b']), by: new Map([['k', new Date(0)]]) }],
    text: '2026-11-22T10:00:00.000Z',
    nothing: null,
  }
  expect(fromWire(toWire(value))).toEqual(value)
  expect(fromWire(toWire(new Date(5)))).toEqual(new Date(5))
})

test('what is no message is refused', () => {
  expect(() => fromWire('{')).toThrow(SyntaxError)
})
