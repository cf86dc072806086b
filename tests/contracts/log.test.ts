import { describe, expect, test } from 'bun:test'
import { openLog } from '#adapters/log/open'
import type { Level } from '#adapters/log/pino'
import type { Log } from '#adapters/log/port'

const drivers: { name: string; open: (level: Level | 'silent', lines: string[]) => Log }[] = [
  { name: 'pino', open: (logLevel, lines) => openLog({ logLevel }, { write: (line) => lines.push(line) }) },
]

describe.each(drivers)('log: $name', ({ open }) => {
  const logging = (level: Level | 'silent' = 'debug') => {
    const lines: string[] = []
    return { log: open(level, lines), lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
  }

  test('one call is one line of JSON with level, time and message', () => {
    const { log, lines, last } = logging()
    log.info({ userId: 'u1' }, 'signed in')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toEndWith('\n')
    expect(last()).toMatchObject({ level: 'info', msg: 'signed in', userId: 'u1' })
    expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  test('lines below the level are not written', () => {
    const { log, lines } = logging('warn')
    log.debug({}, 'a')
    log.info({}, 'b')
    log.warn({}, 'c')
    log.error({}, 'd')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['c', 'd'])
  })

  test('silent says nothing', () => {
    const { log, lines } = logging('silent')
    log.child({ a: 1 }).error({}, 'x')
    expect(lines).toEqual([])
  })

  test('a child adds its fields to every line', () => {
    const { log, last } = logging()
    log.child({ requestId: 'r1' }).child({ job: 'j1' }).warn({ n: 1 }, 'x')
    expect(last()).toMatchObject({ requestId: 'r1', job: 'j1', n: 1 })
  })

  // bar 235
  test.each([
    'password',
    'newPassword',
    'currentPassword',
    'passwordHash',
    'token',
    'accessToken',
    'refresh_token',
    'mfaToken',
    'secret',
    'clientSecret',
    'authorization',
    'Authorization',
    'cookie',
    'Set-Cookie',
    'apiKey',
    'api_key',
    'X-API-Key',
    'code',
    'backupCodes',
    'credentials',
    'signature',
    'privateKey',
    'encryptionKey',
    'secretAccessKey',
  ])('what is under %s is not written, at any depth', (key) => {
    const { log, lines } = logging()
    log.info({ [key]: 'canary' }, 'x')
    log.info({ a: { b: [{ [key]: 'canary' }] } }, 'x')
    log.child({ [key]: ['canary'] }).info({}, 'x')
    log.info({ error: new Error('x', { cause: { [key]: { deep: 'canary' } } }) }, 'x')
    expect(lines.join('')).not.toContain('canary')
    expect(lines).toHaveLength(4)
  })

  test.each(['path', 'statusCode', 'keyId', 'errorCode', 'route', 'userId', 'queueName'])('%s is written', (key) => {
    const { log, last } = logging()
    log.info({ [key]: 'value' }, 'x')
    expect(last()[key]).toBe('value')
  })

  test('an error is its type, message, code, place and cause', () => {
    const { log, last } = logging()
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    log.error({ error: new TypeError('broken', { cause }) }, 'x')
    expect(last().error).toMatchObject({
      type: 'TypeError',
      message: 'broken',
      cause: { message: 'refused', code: 'ECONNREFUSED' },
    })
    expect(last().error.stack).toContain('log.test.ts')
  })

  test('a failed query is logged without its values', () => {
    const { log, lines } = logging()
    const query = 'insert into users values (?)'
    const error = Object.assign(new Error(`Failed query: ${query}\nparams: canary`), { query, params: ['canary'] })
    log.error({ error }, 'x')
    expect(lines.join('')).not.toContain('canary')
    expect(lines.join('')).toContain(query)
  })

  // bar 236
  test('line breaks, control characters and quotes stay inside one line of JSON', () => {
    const { log, lines, last } = logging()
    const hostile = 'a\r\n{"level":"info"}\u001b[31m"\u2028\0'
    log.info({ userAgent: hostile }, hostile)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toContain('\n')
    expect(last()).toMatchObject({ userAgent: hostile, msg: hostile })
  })

  test('circles, depths, big numbers, bytes and dates do not break a line', () => {
    const { log, last } = logging()
    const circle: Record<string, unknown> = { n: 12n, at: new Date(0), bytes: new Uint8Array(3) }
    circle.self = circle
    log.info({ circle }, 'x')
    expect(last().circle).toEqual({ n: '12', at: '1970-01-01T00:00:00.000Z', bytes: '[3 bytes]', self: '[circular]' })
  })
})

test('lines written just before the process ends arrive on stdout', async () => {
  const script = `
    const { openLog } = await import('#adapters/log/open')
    const log = openLog({ logLevel: 'info' })
    for (let i = 0; i < 500; i++) log.info({ i }, 'line')
    process.exit(0)`
  const run = Bun.spawn([process.execPath, '-e', script], {
    cwd: `${import.meta.dir}/../..`,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out] = await Promise.all([new Response(run.stdout).text(), run.exited])
  expect(out.trim().split('\n')).toHaveLength(500)
})
