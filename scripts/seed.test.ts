import { expect, test } from 'bun:test'
import { tempFolder } from '#tests'
import { run } from './lib/run'

const SECRET = 'for tests only: 0123456789abcdef0123456789abcdef'

const commandLine = () => {
  const env = { DATA_DIR: tempFolder().path, NODE_ENV: 'development', SECRET_KEY: SECRET }
  return (...words: string[]) => run(['bun', ...words], { env })
}

test('seeding twice adds the same made-up people once', async () => {
  const bun = commandLine()
  const first = await bun('scripts/seed.ts', '--demo', '--users', '700', '--seed', '7')
  expect(first.output).toContain('700 people added')
  const second = await bun('scripts/seed.ts', '--demo', '--users', '800', '--seed', '7')
  expect(second.output).toContain('100 people added')
})

// bar 248
test('made-up people are refused in production', async () => {
  const env = {
    DATA_DIR: tempFolder().path,
    NODE_ENV: 'production',
    SECRET_KEY: SECRET.replace('for tests only', 'q8Zr-41'),
  }
  const refused = await run(['bun', 'scripts/seed.ts', '--demo', '--users', '10'], { env })
  expect(refused.code).toBe(1)
  expect(refused.output).toContain('do not belong into production')
})

test('an admin is added with a made password, then promoted again without one', async () => {
  const bun = commandLine()
  const added = await bun('scripts/create-admin.ts', '--email', 'root@example.com', '--generate')
  expect(added.output).toMatch(/added and is an admin[\s\S]*Password, shown once: \S{20}/)
  const again = await bun('scripts/create-admin.ts', '--email', 'ROOT@example.com')
  expect(again.output.trim()).toBe('root@example.com is an admin.')
})

test.each([
  [['scripts/create-admin.ts', '--email', 'nobody@example.com'], 1, 'needs --generate or --password'],
  [['scripts/create-admin.ts', '--email', 'root@example.com', '--password', 'short'], 1, 'at least 12 characters'],
  [['scripts/create-admin.ts'], 1, 'Say whose'],
  [['scripts/seed.ts', '--demo', '--users', 'many'], 1, 'whole number'],
  [['scripts/seed.ts', '--unknown'], 2, 'See --help'],
])('%p ends with code %d and one clear line', async (words, code, line) => {
  const ended = await commandLine()(...words)
  expect(ended.code).toBe(code)
  expect(ended.output).toContain(line)
  expect(ended.output).not.toContain('    at ')
})
