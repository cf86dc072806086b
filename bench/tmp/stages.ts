import { rmSync } from 'node:fs'
import { createApi } from '../../src/api'
import { openApp } from '../../src/app'
import { loadConfig } from '../../src/config'

rmSync('/tmp/k4', { recursive: true, force: true })
const config = loadConfig({
  DATA_DIR: '/tmp/k4',
  LOG_LEVEL: process.env.LL ?? 'silent',
  NODE_ENV: 'test',
  RATE_LIMIT_GENERAL: '900000/60',
})
const app = await openApp(config, { passwordHashing: { memoryCost: 8, timeCost: 1 } })
const api = createApi(app)
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
const time = async (name: string, n: number, f: () => unknown) => {
  for (let i = 0; i < 3000; i++) await f()
  const c = process.cpuUsage()
  const t = performance.now()
  for (let i = 0; i < n; i++) await f()
  const u = process.cpuUsage(c)
  console.log(
    name.padEnd(26),
    (((performance.now() - t) * 1000) / n).toFixed(1),
    'us wall',
    ((u.user + u.system) / n).toFixed(1),
    'us cpu',
  )
}
const mk = (path = '/api/v1/users/me') =>
  new Request('http://localhost' + path, {
    headers: { authorization: 'Bearer ' + accessToken, 'user-agent': 'wrk', host: 'x' },
  })
const N = 30000
await time('new Request', N, () => mk())
await time('full me', N, () => api.fetch(mk(), { address: '127.0.0.1' }))
await time('full health', N, () => api.fetch(new Request('http://localhost/health/live'), { address: '127.0.0.1' }))
await time('401', N, () => api.fetch(new Request('http://localhost/api/v1/users/me'), { address: '127.0.0.1' }))
const { users } = await import('../../src/features/users/schema')
const { findByEmail, findById } = await import('../../src/features/users/find')
const u = await findByEmail(app.db, 'a@example.com')
await time('findById', N, () => findById(app.db, u!.id))
await time('log', N, () =>
  app.log.info(
    { requestId: 'x', method: 'GET', route: '/x', status: 200, ms: 3, ip: '1', actor: 'user:x', userAgent: 'wrk' },
    'request',
  ),
)
process.exit(0)
