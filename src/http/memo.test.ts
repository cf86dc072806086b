import { expect, test } from 'bun:test'
import { memo } from './memo'

const counting = (size: number) => {
  const asked: string[] = []
  const upper = memo(size, (key) => {
    asked.push(key)
    return key.toUpperCase()
  })
  return { upper, asked }
}

test('an answer is worked out once', () => {
  const { upper, asked } = counting(10)
  expect([upper('a'), upper('a'), upper('a')]).toEqual(['A', 'A', 'A'])
  expect(asked).toEqual(['a'])
})

test('what is asked for all the time outlives what is asked for once', () => {
  const { upper, asked } = counting(4)
  for (let n = 0; n < 50; n++) {
    upper('hot')
    upper(`cold ${n}`)
  }
  expect(asked.filter((key) => key === 'hot')).toHaveLength(1)
})

test('old answers are forgotten', () => {
  const { upper, asked } = counting(4)
  upper('first')
  for (let n = 0; n < 9; n++) upper(`then ${n}`)
  upper('first')
  expect(asked.filter((key) => key === 'first')).toHaveLength(2)
})
