import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { App } from '#core'
import { loadConfig } from '../config'
import { cors } from './cors'

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
const get = (app: ReturnType<typeof served>, origin: string | undefined, path = '/') =>
  app.handle(new Request(`http://localhost${path}`, { headers: origin ? { origin } : {} }))
const preflight = (app: ReturnType<typeof served>, origin: string) =>
  app.handle(
    new Request('http://localhost/', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization, x-evil',
      },
    }),
  )
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
