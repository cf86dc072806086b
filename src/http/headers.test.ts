import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { App } from '#core'
import { loadConfig } from '../config'
import { headers } from './headers'
import { html, inlineHash, page } from './html'

const served = (env: Record<string, string> = {}) => {
  const config = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ', ...env })
  const app: Pick<App, 'config'> = { config }
  return new Elysia()
    .onError(({ code, set }) => {
      set.status = code === 'NOT_FOUND' ? 404 : 500
      return 'refused'
    })
    .use(headers(app))
    .get('/json', () => ({ ok: true }))
    .get('/cached', ({ set }) => {
      set.headers['cache-control'] = 'public, max-age=60'
      return { ok: true }
    })
    .get('/page', () => page(html`<style>b{}</style>`, { csp: { 'style-src': [inlineHash('b{}')] } }))
}
const get = async (app: ReturnType<typeof served>, path: string) =>
  (await app.handle(new Request(`http://localhost${path}`))).headers

describe('every reply', () => {
  // bar 151
  test.each(['/json', '/nowhere'])('%s may not be framed, sniffed, embedded or stored', async (path) => {
    const reply = await get(served(), path)
    expect(reply.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
    expect(reply.get('x-content-type-options')).toBe('nosniff')
    expect(reply.get('x-frame-options')).toBe('DENY')
    expect(reply.get('referrer-policy')).toBe('no-referrer')
    expect(reply.get('cache-control')).toBe('private, no-store')
    expect(reply.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(reply.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(reply.get('server')).toBeNull()
    expect(reply.get('x-powered-by')).toBeNull()
  })

  // bar 151
  test('demands https for at least a year, in production only', async () => {
    const maxAge = /max-age=(\d+)/.exec(
      (await get(served({ NODE_ENV: 'production' }), '/json')).get('strict-transport-security') ?? '',
    )?.[1]
    expect(Number(maxAge)).toBeGreaterThanOrEqual(31_536_000)
    expect((await get(served(), '/json')).get('strict-transport-security')).toBeNull()
  })

  // bar 145
  test('says what it depends on', async () => {
    expect((await get(served(), '/json')).get('vary')).toBe('Accept-Encoding')
    expect((await get(served({ CORS_ORIGINS: 'https://app.example.com' }), '/json')).get('vary')).toBe(
      'Origin, Accept-Encoding',
    )
  })
})

test('a route may allow caching', async () => {
  expect((await get(served(), '/cached')).get('cache-control')).toBe('public, max-age=60')
})

test('a page brings its own policy and keeps everything else', async () => {
  const reply = await get(served(), '/page')
  expect(reply.get('content-security-policy')).toBe(
    `default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src ${inlineHash('b{}')}`,
  )
  expect(reply.get('x-content-type-options')).toBe('nosniff')
  expect(reply.get('content-type')).toBe('text/html; charset=utf-8')
})
