import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { type App, Failure } from '#core'
import { loadConfig } from '../config'
import { attachExchange, type Exchange, type Policy } from './exchange'
import type { Look } from './health'
import { metrics } from './metrics'

const TOKEN = 'a-token-for-the-scraper-of-metrics'
const POLICY: Policy = {
  method: 'GET',
  template: '/api/v1/users/:id',
  access: { kind: 'public' },
  body: 'none',
  bodyOptional: true,
  query: [],
  maxBytes: 0,
}
const exchange = (part: Partial<Exchange> = {}): Exchange => ({
  requestId: 'r',
  ip: 'unknown',
  startedAt: 0,
  headers: {},
  peer: {},
  ...part,
})

const well: Look = async () => ({
  status: 'warn',
  checks: [
    { name: 'database', status: 'pass', latency: 1 },
    { name: 'disk', status: 'warn', latency: 1, gauges: { disk_free_bytes: 12, disk_total_bytes: 4096 } },
  ],
})

const setUp = (depth: () => Promise<Awaited<ReturnType<App['queue']['depth']>>>, look = well) => {
  const config = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ', METRICS_TOKEN: TOKEN })
  const { plugin, begin, observe } = metrics({ config, queue: { depth } }, look)
  const api = new Elysia()
    .onError(({ error, set }) => {
      set.status = error instanceof Failure && error.kind === 'unauthenticated' ? 401 : 500
      return String(error)
    })
    .use(plugin)
  const scrape = (headers: Record<string, string> = {}, address?: string) => {
    const request = new Request('http://localhost/metrics', { headers })
    attachExchange(request, exchange({ peer: { address } }))
    return api.handle(request)
  }
  return { begin, observe, scrape }
}
const quiet = async () => ({ waiting: 3, running: 1, dead: 2, lag: 1500 })
const bearer = { authorization: `Bearer ${TOKEN}` }

describe('who may read', () => {
  const { scrape } = setUp(quiet)

  // bar 152
  test('the bearer of the token, from anywhere', async () => {
    expect((await scrape(bearer, '198.51.100.7')).status).toBe(200)
    expect((await scrape({ authorization: `bearer ${TOKEN}` })).status).toBe(200)
  })

  // bar 152
  test.each<Record<string, string>>([
    {},
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: `Basic ${TOKEN}` },
  ])('nobody else: %p', async (headers) => {
    expect((await scrape(headers, '198.51.100.7')).status).toBe(401)
    expect((await scrape(headers)).status).toBe(401)
  })

  test('a scraper on this machine', async () => {
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '::1']) expect((await scrape({}, address)).status).toBe(200)
  })

  test('not everybody behind a proxy on this machine', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
      expect((await scrape({ [name]: '198.51.100.7' }, '127.0.0.1')).status).toBe(401)
    }
  })
})

describe('what there is to read', () => {
  test('requests and their durations by method, route template and status', async () => {
    const { observe, scrape } = setUp(quiet)
    observe(exchange({ policy: POLICY }), 'GET', 200, 0.004)
    observe(exchange({ policy: POLICY }), 'GET', 200, 0.3)
    observe(exchange({ policy: POLICY }), 'GET', 404, 20)
    const response = await scrape(bearer)
    const text = await response.text()
    expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    const labels = 'method="GET",route="/api/v1/users/:id",status="200"'
    expect(text).toContain(`http_requests_total{${labels}} 2`)
    expect(text).toContain(`http_request_duration_seconds_bucket{${labels},le="0.0025"} 0`)
    expect(text).toContain(`http_request_duration_seconds_bucket{${labels},le="0.005"} 1`)
    expect(text).toContain(`http_request_duration_seconds_bucket{${labels},le="+Inf"} 2`)
    expect(text).toContain(`http_request_duration_seconds_sum{${labels}} 0.304`)
    expect(text).toContain(`http_request_duration_seconds_bucket{${labels.replace('200', '404')},le="10"} 0`)
    expect(text).toContain(`http_request_duration_seconds_count{${labels.replace('200', '404')}} 1`)
  })

  test('how many requests are under way', async () => {
    const { begin, observe, scrape } = setUp(quiet)
    begin()
    begin()
    observe(exchange(), 'GET', 200, 0.001)
    expect(await (await scrape(bearer)).text()).toContain('http_requests_in_flight 1\n')
  })

  test('strangers cannot grow it with paths and methods of their own', async () => {
    const { observe, scrape } = setUp(quiet)
    for (let n = 0; n < 1000; n++) observe(exchange(), `M${n}`, 404, 0.001)
    const lines = (await (await scrape(bearer)).text())
      .split('\n')
      .filter((line) => line.startsWith('http_requests_total{'))
    expect(lines).toEqual(['http_requests_total{method="OTHER",route="unmatched",status="404"} 1000'])
  })

  test('the process, the jobs and the version', async () => {
    const text = await (await setUp(quiet).scrape(bearer)).text()
    expect(text).toMatch(/process_resident_memory_bytes \d+/)
    expect(text).toContain('keel_jobs{state="waiting"} 3')
    expect(text).toContain('keel_jobs_lag_seconds 1.5')
    expect(text).toContain('keel_health{part="database"} 1')
    expect(text).toMatch(/keel_info\{version="[\d.]+"\} 1/)
  })

  test('that the database is gone, rather than nothing', async () => {
    const gone: Look = async () => ({ status: 'fail', checks: [{ name: 'database', status: 'fail', latency: 1 }] })
    const { scrape } = setUp(() => Promise.reject(new Error('gone')), gone)
    const response = await scrape(bearer)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('keel_health{part="database"} 0')
  })

  test('how each part is, and what parts tell of themselves', async () => {
    const text = await (await setUp(quiet).scrape(bearer)).text()
    expect(text).toContain('keel_health{part="disk"} 0')
    expect(text).toContain('keel_disk_free_bytes 12\n')
    expect(text).toContain('keel_disk_total_bytes 4096\n')
  })

  test('one name is described once', async () => {
    const text = await (await setUp(quiet).scrape(bearer)).text()
    const types = text.split('\n').filter((line) => line.startsWith('# TYPE '))
    expect(new Set(types).size).toBe(types.length)
  })
})
