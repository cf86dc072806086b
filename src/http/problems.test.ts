import { describe, expect, test } from 'bun:test'
import { router } from '#http'
import { memoryLog, type Reply, rows, sharedApp, testApp } from '#tests'
import { defineFeature } from '../core'
import * as list from '../features'

const broken = defineFeature({
  name: 'broken',
  routes: (app) =>
    router(app, '/broken')
      .get(
        '/',
        () => {
          throw new Error('SELECT * FROM users WHERE password = canary-4711 in /srv/keel/src/secret.ts')
        },
        { public: true },
      )
      .get('/rejection', () => Promise.reject({ canary: 4711 }), { public: true }),
})

const house = sharedApp({ features: [...Object.values(list), broken], env: { RATE_LIMIT: 'off' } })

/** Members that every problem document has, and no others but what RFC 9457 and the API name. */
const whole = (reply: Reply) => {
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  const problem = reply.json()
  expect(problem).toMatchObject({
    type: `http://localhost:3000/errors#${problem.code}`,
    title: expect.any(String),
    status: reply.status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    code: expect.stringMatching(/^[a-z_]+$/),
    requestId: reply.headers.get('x-request-id'),
  })
  const known = ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId', 'errors', 'versions']
  expect(Object.keys(problem).filter((name) => !known.includes(name))).toEqual([])
  return problem
}

describe('any error', () => {
  // bar 185
  test('anywhere is a problem document whose status is the reply’s', async () => {
    const { anon, outside, as } = await house()
    const text = { headers: { 'content-type': 'text/plain' } }
    const json = { headers: { 'content-type': 'application/json' } }
    const replies = [
      await anon.post('/auth/login', '{', json),
      await anon.get('/auth/me'),
      await as.ada.get('/users'),
      await anon.get('/nowhere'),
      await outside.get('/nowhere'),
      await outside.get('/.env'),
      await outside.get('/api/v9/auth/me'),
      await anon.put('/auth/login'),
      await anon.send('TRACE', '/auth/login').catch(() => anon.put('/auth/login')),
      await as.ada.delete('/auth/sessions/01890000-0000-7000-8000-000000000000'),
      await as.ada.post('/users/me/restore'),
      await as.ada.patch('/users/me', { name: 'Ada' }, { headers: { 'if-match': '"x"' } }),
      await anon.post('/auth/login', `{"email":"${'x'.repeat(1_100_000)}"}`, json),
      await anon.post('/auth/login', 'x', text),
      await anon.post('/auth/login', {}),
      await anon.get(`/${'x'.repeat(9000)}`),
      await anon.get('/broken'),
      await anon.get('/broken/rejection'),
    ]
    const statuses = replies.map((reply) => whole(reply).status)
    expect(statuses).toEqual([400, 401, 403, 404, 404, 404, 404, 405, 405, 404, 409, 412, 413, 415, 422, 400, 500, 500])
  })

  // bar 185
  test('of validation names fields by pointer, says what is expected, and repeats no value', async () => {
    const { anon } = await house()
    const reply = await anon.post('/auth/register', { email: 'canary-at-nowhere', password: ['canary-4711'], name: '' })
    const { errors } = whole(reply)
    expect(errors.map(({ path }: { path: string }) => path).sort()).toEqual(['/email', '/name', '/password'])
    for (const error of errors) expect(error.message).toMatch(/^has to be /)
    expect(reply.text).not.toContain('canary')
    const query = await anon.post('/auth/login?transport=canary', { email: 'ada@example.com', password: 'x' })
    expect(whole(query).errors).toEqual([{ path: '/query/transport', message: 'has to be cookie, or left out' }])
  })

  // bar 136
  test('that nobody expected says nothing but the request id; the log has the rest', async () => {
    const written = memoryLog()
    const { anon } = await testApp({ features: [broken], log: written.log })
    const reply = await anon.get('/broken')
    expect(reply).toRefuse(500, 'internal_error')
    expect(reply.text).not.toMatch(/canary|SELECT|secret\.ts|\bat /)
    const line = written.lines().find(({ msg }) => msg === 'request failed')
    expect(line).toMatchObject({ level: 'error', requestId: reply.json().requestId, route: '/api/v1/broken' })
  })
})

describe('the request id', () => {
  // bar 191
  test.each(['client-id-0001', 'a_B-9'.repeat(3), 'x'.repeat(64), 'x'.repeat(8)])(
    'is kept if it is well-formed: %s',
    async (id) => {
      const { anon } = await house()
      const reply = await anon.with({ 'x-request-id': id }).get('/auth/me')
      expect(reply.headers.get('x-request-id')).toBe(id)
      expect(reply.json().requestId).toBe(id)
    },
  )

  // bar 191
  test.each([
    'short',
    'x'.repeat(65),
    'x'.repeat(10_000),
    'with space',
    'quote"quote"quote',
    "it's-a-quote",
    '<script>alert</script>',
    'ünïcödé-id',
    '{"json":true}',
    'a;b;c;d;e',
  ])('is replaced if it is not: %#', async (id) => {
    const { anon } = await house()
    const reply = await anon.with({ 'x-request-id': id.replace(/[^\x20-\xff]/g, '') }).get('/auth/me')
    expect(reply.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/)
    expect(reply.headers.get('x-request-id')).not.toBe(id)
    expect(reply.text).not.toContain(id)
  })

  // bar 132, bar 191
  test('with a line break reaches no reply', async () => {
    const { listen, config } = await testApp()
    const { port } = listen()
    const raw = await new Promise<string>((resolve, reject) => {
      let received = ''
      const head = `GET /api/v1/auth/me HTTP/1.1\r\nHost: ${new URL(config.appUrl).host}\r\nX-Request-Id: well-formed-1\r\nX-Injected: yes\r\n y: z\r\nConnection: close\r\n\r\n`
      void Bun.connect({
        hostname: '127.0.0.1',
        port,
        socket: {
          open: (socket) => void socket.write(head),
          data: (_, chunk) => {
            received += chunk.toString()
          },
          close: () => resolve(received),
          error: (_, error) => reject(error),
        },
      })
    })
    expect(raw).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect(raw.toLowerCase()).not.toContain('x-injected')
  })

  // bar 191
  test('is on every reply, and in the log, the journal and the jobs that came of it', async () => {
    const written = memoryLog()
    const { anon, outside, config, mail } = await testApp({ log: written.log })
    const id = 'follow-me-0001'
    const reply = await anon
      .with({ 'x-request-id': id })
      .post('/auth/register', { email: 'ada@example.com', password: 'xkvq7-mzrp9-wt', name: 'Ada' })
    expect(reply.headers.get('x-request-id')).toBe(id)
    expect(written.lines().find(({ route }) => route === '/api/v1/auth/register')).toMatchObject({ requestId: id })
    expect(rows(config, 'SELECT DISTINCT request_id FROM events')).toEqual([{ request_id: id }])
    expect(rows(config, 'SELECT DISTINCT request_id FROM jobs')).toEqual([{ request_id: id }])
    expect(rows(config, 'SELECT DISTINCT request_id FROM emails')).toEqual([{ request_id: id }])
    await mail.all()
    for (const path of ['/', '/health/live', '/errors', '/nowhere', '/verify-email', '/swagger/json']) {
      expect((await outside.get(path)).headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/)
    }
  })
})
