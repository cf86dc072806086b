import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { App } from '#core'
import { type Reply, testApp } from '#tests'
import { loadConfig } from '../config'
import { cors } from './cors'
import { attachExchange } from './exchange'

const served = (origins?: string) => {
  const config = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ', CORS_ORIGINS: origins })
  const app: Pick<App, 'config'> = { config }
  return new Elysia()
    .onError(({ set }) => {
      set.status = 500
      return 'broken'
    })
    .use(cors(app))
    .get('/', () => 'fine')
    .get('/broken', () => {
      throw new Error('broken')
    })
}

const ALLOWED = 'https://app.example.com'
const ask = (app: ReturnType<typeof served>, path: string, init: RequestInit) => {
  const request = new Request(`http://localhost${path}`, init)
  attachExchange(request, { requestId: 'r', ip: 'unknown', startedAt: 0, headers: { 'x-request-id': 'r' }, peer: {} })
  return app.handle(request)
}
const get = (app: ReturnType<typeof served>, origin: string | undefined, path = '/') =>
  ask(app, path, { headers: origin ? { origin } : {} })
const preflight = (app: ReturnType<typeof served>, origin: string) =>
  ask(app, '/', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization, x-evil',
    },
  })
const corsHeaders = (response: Response) =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))

describe('an origin on the list', () => {
  const app = served(`${ALLOWED},http://localhost:5173`)

  // bar 145
  test('is echoed, may send credentials and read our headers', async () => {
    const { headers } = await get(app, ALLOWED)
    expect(headers.get('access-control-allow-origin')).toBe(ALLOWED)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    for (const name of ['X-Request-Id', 'RateLimit', 'Retry-After', 'ETag', 'Link', 'Idempotent-Replayed']) {
      expect(headers.get('access-control-expose-headers')).toContain(name)
    }
    expect((await get(app, 'http://localhost:5173')).headers.get('access-control-allow-origin')).toBe(
      'http://localhost:5173',
    )
  })

  // bar 147
  test('asks ahead and is told what it may do, for ten minutes', async () => {
    const response = await preflight(app, ALLOWED)
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe(ALLOWED)
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE')
    expect(response.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(response.headers.get('access-control-allow-headers')).not.toContain('x-evil')
    expect(response.headers.get('access-control-max-age')).toBe('600')
    expect(response.headers.get('vary')).toContain('Origin')
  })

  // bar 148
  test('can read errors too', async () => {
    for (const path of ['/broken', '/nowhere']) {
      expect((await get(app, ALLOWED, path)).headers.get('access-control-allow-origin')).toBe(ALLOWED)
    }
  })
})

describe('an origin that is not on the list', () => {
  const app = served(ALLOWED)

  // bar 146
  test.each([
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'https://app.example.com/',
    'app.example.com',
  ])('%p gets no CORS header at all', async (origin) => {
    expect(corsHeaders(await get(app, origin))).toEqual([])
    expect(corsHeaders(await preflight(app, origin))).toEqual([])
  })

  test('neither does a request without an origin', async () => {
    expect(corsHeaders(await get(app, undefined))).toEqual([])
  })
})

describe('without a list', () => {
  const app = served()

  test('there is no CORS header for anybody', async () => {
    expect(corsHeaders(await get(app, ALLOWED))).toEqual([])
    const response = await preflight(app, ALLOWED)
    expect(corsHeaders(response)).toEqual([])
    expect(response.status).not.toBe(204)
  })
})

describe('through the whole edge', () => {
  const crossOrigin = (limit = '300/60') => testApp({ env: { CORS_ORIGINS: ALLOWED, RATE_LIMIT_GENERAL: limit } })
  const origin = { headers: { origin: ALLOWED } }
  const readable = (reply: Reply) => {
    expect(reply.headers.get('access-control-allow-origin')).toBe(ALLOWED)
    expect(reply.headers.get('access-control-expose-headers')).toContain('X-Request-Id')
    expect(reply.headers.get('vary')).toContain('Origin')
  }

  // bar 148
  test('every refusal can be read', async () => {
    const { anon } = await crossOrigin()
    const refusals: [number, Promise<Reply>][] = [
      [400, anon.post('/auth/login', '{', { headers: { ...origin.headers, 'content-type': 'application/json' } })],
      [401, anon.get('/users/me', origin)],
      [404, anon.get('/nowhere', origin)],
      [405, anon.put('/auth/login', {}, origin)],
      [413, anon.post('/auth/login', { email: 'x'.repeat(2_000_000) }, origin)],
      [
        415,
        anon.post('/auth/login', 'a=b', {
          headers: { ...origin.headers, 'content-type': 'application/x-www-form-urlencoded' },
        }),
      ],
      [422, anon.post('/auth/login', {}, origin)],
    ]
    for (const [status, asked] of refusals) {
      const reply = await asked
      expect(reply.status).toBe(status)
      readable(reply)
    }
  })

  // bar 148
  test('so can "too many requests"', async () => {
    const { anon } = await crossOrigin('1/60')
    await anon.get('/users/me', origin)
    const reply = await anon.get('/users/me', origin)
    expect(reply).toRefuse(429, 'rate_limited')
    readable(reply)
  })

  // bar 145
  test('every reply says that it depends on the origin, a file of the documents too', async () => {
    const { outside } = await crossOrigin()
    for (const path of ['/', '/swagger', '/swagger/json', '/health/live', '/nowhere']) {
      expect([path, (await outside.get(path)).headers.get('vary')]).toEqual([path, expect.stringContaining('Origin')])
    }
  })

  // bar 147
  test('a preflight needs no credential, whatever the route', async () => {
    const { anon } = await crossOrigin()
    const ahead = { headers: { origin: ALLOWED, 'access-control-request-method': 'DELETE' } }
    const reply = await anon.send('OPTIONS', '/users/me', undefined, ahead)
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-methods')).toContain('DELETE')
    expect(reply.headers.get('x-request-id')).not.toBeNull()
  })

  // bar 128
  test('OPTIONS for its own sake is no preflight', async () => {
    const { anon } = await crossOrigin()
    expect((await anon.send('OPTIONS', '/auth/login', undefined, origin)).status).toBe(405)
  })

  // bar 128
  test('without a list a preflight is a method that no route takes', async () => {
    const { anon } = await testApp()
    const ahead = { headers: { origin: ALLOWED, 'access-control-request-method': 'POST' } }
    const reply = await anon.send('OPTIONS', '/auth/login', undefined, ahead)
    expect(reply.status).toBe(405)
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
  })
})
