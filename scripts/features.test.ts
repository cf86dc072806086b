import { expect, onTestFinished, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectCopy } from './lib/project-copy'
import { ROOT, run } from './lib/run'

test('a feature made by one command works, and goes by another', async () => {
  const { path, bun, remove } = await projectCopy()
  onTestFinished(remove)
  const made = await bun('run', 'new-feature', 'order-items')
  expect(made.output).toContain('Try it: bun test src/features/order-items')
  const tested = await bun('test', '--timeout=60000', 'src/features/order-items')
  expect(tested.output).toContain('0 fail')
  expect(tested.code).toBe(0)

  const removed = await bun('run', 'remove-feature', 'order-items')
  expect(removed.output).toContain('They are gone.')
  expect(existsSync(join(path, 'src/features/order-items'))).toBe(false)
  expect(existsSync(join(path, 'docs/guide/order-items.md'))).toBe(false)
  expect(await Bun.file(join(path, 'src/features.ts')).text()).toBe(
    await Bun.file(join(ROOT, 'src/features.ts')).text(),
  )
}, 60_000)

test('the first feature of the guide comes out as the guide says', async () => {
  const { path, bun, remove } = await projectCopy()
  onTestFinished(remove)
  const guide = await Bun.file(join(ROOT, 'docs/guide/first-feature.md')).text()
  await bun('run', 'new-feature', 'invoices')
  const changes = [...guide.matchAll(/^```diff\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  const files = [...guide.matchAll(/^```ts (src\/\S+)\n([\s\S]*?)^```$/gm)]
  expect([changes.length, files.length]).toEqual([2, 2])
  for (const change of changes) {
    await Bun.write(join(path, 'change.diff'), change)
    const applied = await run(['git', 'apply', 'change.diff'], { cwd: path })
    expect(applied.output).toBe('')
  }
  for (const [, file = '', code = ''] of files) await Bun.write(join(path, file), code)
  await bun('run', 'migrations:generate', '--name', 'invoice-amount')
  const tested = await bun('test', '--timeout=60000', 'src/features/invoices')
  expect(tested.output).toContain('0 fail')
  expect((await run(['bunx', 'biome', 'check', 'src/features/invoices'], { cwd: path })).code).toBe(0)
}, 120_000)

test.each([
  [['scripts/new-feature.ts'], 'in lower case'],
  [['scripts/new-feature.ts', 'Bad Name'], 'in lower case'],
  [['scripts/new-feature.ts', 'users'], 'There is a feature users already'],
  [['scripts/new-feature.ts', 'people'], 'What is one of them called?'],
  [['scripts/remove-feature.ts', 'auth'], 'Others build on auth'],
  [['scripts/remove-feature.ts', 'no-such-thing'], 'There is no feature no-such-thing'],
])('%p is refused with one clear line', async (words, line) => {
  const ended = await run(['bun', ...words])
  expect(ended.code).toBe(1)
  expect(ended.output).toContain(line)
  expect(ended.output.trim().split('\n')).toHaveLength(1)
})
