import { expect, test } from 'bun:test'
import { sealer } from './seal'

const OLD = 'an old master secret of more than 32 bytes'
const NEW = 'a new master secret of more than 32 bytes'

test('what is sealed opens again, and does not show what it holds', () => {
  const { seal, open, prefix } = sealer([NEW], 'test')
  const sealed = seal('JBSWY3DPEHPK3PXP', 'row-1')
  expect(sealed).toStartWith(prefix)
  expect(sealed).not.toContain('JBSWY3DPEHPK3PXP')
  expect(open(sealed, 'row-1')).toBe('JBSWY3DPEHPK3PXP')
  expect(seal('JBSWY3DPEHPK3PXP', 'row-1')).not.toBe(sealed)
})

test('a seal that was moved to another row, altered or cut short does not open', () => {
  const { seal, open } = sealer([NEW], 'test')
  const sealed = seal('secret', 'row-1')
  const altered = sealed.replace(/.(?=.{4}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))
  expect(() => open(sealed, 'row-2')).toThrow()
  expect(() => open(altered, 'row-1')).toThrow()
  for (const length of [10, 20, 33, 40]) expect(() => open(sealed.slice(0, length), 'row-1')).toThrow()
  expect(() => open('', 'row-1')).toThrow()
})

test('a new master secret seals from now on, the old one opens until it is taken away', () => {
  const before = sealer([OLD], 'test').seal('secret', 'row-1')
  const both = sealer([NEW, OLD], 'test')
  expect(both.open(before, 'row-1')).toBe('secret')
  expect(before).not.toStartWith(both.prefix)
  const anew = both.seal('secret', 'row-1')
  expect(sealer([NEW], 'test').open(anew, 'row-1')).toBe('secret')
  expect(() => sealer([NEW], 'test').open(before, 'row-1')).toThrow('SECRET_KEY')
})

test('each purpose has a key of its own', () => {
  const sealed = sealer([NEW], 'one').seal('secret', 'row-1')
  expect(() => sealer([NEW], 'two').open(sealed, 'row-1')).toThrow()
})
