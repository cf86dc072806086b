import { expect, onTestFinished, test } from 'bun:test'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { projectCopy } from './lib/project-copy'
import { ROOT, run } from './lib/run'

const WITHOUT = ['webhooks', 'exports', 'two-factor']

test('a copy becomes a project of its own, without three features', async () => {
  const { path, bun, remove } = await projectCopy()
  onTestFinished(remove)
  const made = await bun('scripts/setup.ts', '--name', 'my-shop', '--without', WITHOUT.join(), '--yes', '--no-install')
  expect(made.output).toContain('without webhooks, exports, two-factor')
  expect(made.code).toBe(0)
  const read = (file: string) => Bun.file(join(path, file)).text()

  const manifest = JSON.parse(await read('package.json'))
  expect(manifest).toMatchObject({ name: 'my-shop', version: '0.1.0', license: 'UNLICENSED' })
  expect(manifest['bun-create']).toBeUndefined()
  expect(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })).not.toContain('standardwebhooks')
  expect(manifest.scripts.setup ?? manifest.scripts.bench).toBeUndefined()

  for (const gone of [
    ...WITHOUT.map((name) => `src/features/${name}`),
    'docs/guide/webhooks.md',
    'web/screens/webhooks.tsx',
    'bench',
  ])
    expect(existsSync(join(path, gone))).toBe(false)
  const drizzle = await Promise.all(
    JSON.parse(await read('drizzle/meta/_journal.json')).entries.map(({ tag }: { tag: string }) =>
      read(`drizzle/${tag}.sql`),
    ),
  )
  expect(drizzle.join('\n')).not.toMatch(/CREATE TABLE `(webhook|two_factor|exports)/)
  expect(drizzle.join('\n')).toContain('CREATE TRIGGER events_append')

  const [env, again] = [await read('.env'), await read('.env.example')]
  expect(env).toMatch(/^SECRET_KEY=\S{40,}$/m)
  expect(env).toContain('APP_NAME=My Shop')
  expect(again).toContain('# SECRET_KEY=')
  expect(statSync(join(path, '.env')).mode & 0o77).toBe(0)
  for (const document of ['README.md', 'CHANGELOG.md', 'docs/guide/deploy-vps.md'])
    expect(await read(document)).toMatch(/My Shop|my-shop/)
  expect(await read('LICENSE.keel')).toContain('MIT')
  expect(await read('README.md')).not.toMatch(/[Ww]ebhooks/)

  const started = await bun('scripts/smoke.ts')
  expect(started.output).not.toContain('error')
  expect(started.code).toBe(0)
}, 120_000)

test.each([
  [['--name', 'My Shop'], 'in lower case with dashes'],
  [['--name', 'keel'], 'in lower case with dashes'],
  [['--name', 'my-shop', '--without', 'users'], 'Not a feature that can go: users'],
  [['--name', 'my-shop', '--without', 'webhooks,nothing'], 'Not a feature that can go: nothing'],
])('%p is refused with one clear line, and changes nothing', async (words, line) => {
  const before = await Bun.file(join(ROOT, 'package.json')).text()
  const ended = await run(['bun', 'scripts/setup.ts', '--yes', ...words])
  expect(ended.code).toBe(1)
  expect(ended.output).toContain(line)
  expect(ended.output.trim().split('\n')).toHaveLength(1)
  expect(await Bun.file(join(ROOT, 'package.json')).text()).toBe(before)
})
