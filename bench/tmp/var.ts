import { rmSync } from 'node:fs'
import { createApi } from '../../src/api'
import { openApp } from '../../src/app'
import { loadConfig } from '../../src/config'

const v = process.argv[2]!
rmSync('/tmp/k5' + v, { recursive: true, force: true })
const config = loadConfig({
  DATA_DIR: '/tmp/k5' + v,
  LOG_LEVEL: process.env.LL ?? 'silent',
  NODE_ENV: 'test',
  RATE_LIMIT_GENERAL: '900000/60',
})
const app = await openApp(config)
const api = createApi(app)
const H = { fetch: (r: Request, s: any) => api.fetch(r, { address: '127.0.0.1' }) }
const json = JSON.stringify({ status: 'pass', a: 'x'.repeat(200) })
const variants: Record<string, (r: Request, s: any) => any> = {
  edge: H.fetch,
  ip: (r, s) => api.fetch(r, { address: s.requestIP(r)?.address }),
  full: (r, s) => api.fetch(r, { address: s.requestIP(r)?.address, keepOpen: () => s.timeout(r, 0) }),
  router: (r) => api.router.fetch(r),
  plain: () => new Response(json),
  hdrs: () =>
    new Response(json, {
      headers: {
        'content-type': 'application/json',
        'cache-control': 'private, no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        vary: 'Accept-Encoding',
        'x-request-id': 'adsfadsf',
        ratelimit: '"general";r=299;t=60',
        'ratelimit-policy': 'aaaaaaaaaa',
      },
    }),
  async: async () => {
    await 1
    return new Response(json)
  },
  touch: (r) => {
    r.headers.get('authorization')
    return new Response(json)
  },
}
Bun.serve({ port: 3140, development: false, idleTimeout: 30, fetch: variants[v]! })
const post = (p: string, b: unknown) =>
  api.fetch(
    new Request('http://localhost/api/v1' + p, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(b),
    }),
  )
await post('/auth/register', { email: 'a@example.com', password: 'plum-anchor-violet-42', name: 'Ada' })
const { accessToken } = (await (
  await post('/auth/login', { email: 'a@example.com', password: 'plum-anchor-violet-42' })
).json()) as any
await Bun.write('/tmp/tok', accessToken)
