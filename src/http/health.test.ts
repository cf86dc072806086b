import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { type App, type Feature, type HealthReport, seconds } from '#core'
import { testApp } from '#tests'
import { loadConfig } from '../config'
import { attachExchange } from './exchange'
import { health } from './health'

type Part = () => Promise<void>
const fine: Part = async () => {}
const broken: Part = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.9:9000'))
const hanging: Part = () => new Promise(() => {})

interface Parts {
  database?: Part
  storage?: Part
  bus?: Part
  lag?: number
  features?: Feature[]
}

const setUp = ({ database = fine, storage = fine, bus, lag = 0, features = [] }: Parts = {}) => {
  const config = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ', DATA_DIR: '/tmp' })
  let now = Date.parse('2026-11-22T10:00:00Z')
  const parts = {
    config,
    features,
    clock: { now: () => new Date(now) },
    database: { kind: 'file', ping: database },
    storage: { driver: 'disk', ping: storage },
    bus: { driver: 'redis', ping: bus },
    queue: { depth: async () => ({ waiting: 4, running: 0, dead: 0, lag }) },
  }
  const state = { draining: false }
  const api = new Elysia().use(health(parts as unknown as App, state))
  const get = async (path: string, permissions?: string[]) => {
    const request = new Request(`http://localhost${path}`)
    attachExchange(request, {
      requestId: 'r',
      ip: 'unknown',
      startedAt: 0,
      headers: {},
      peer: {},
      identity: permissions && {
        actor: {
          type: 'api-key',
          apiKeyId: 'k',
          userId: 'u',
          name: 'Ada',
          role: 'admin',
          emailVerified: true,
          permissions: new Set(permissions),
        },
      },
    })
    const response = await api.handle(request)
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  return { get, state, pass: (milliseconds: number) => (now += milliseconds) }
}

const counted = (part: Part) => {
  const counter = { calls: 0 }
  const counting: Part = () => {
    counter.calls += 1
    return part()
  }
  return { counter, counting }
}

describe('liveness', () => {
  // bar 224
  test('touches nothing, whatever is broken', async () => {
    const { counter, counting } = counted(hanging)
    const { get, state } = setUp({ database: counting, storage: counting, bus: counting })
    state.draining = true
    const { status, body, headers } = await get('/health/live')
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'pass' })
    expect(headers.get('content-type')).toBe('application/health+json')
    expect(counter.calls).toBe(0)
  })
})

describe('readiness', () => {
  test('passes when everything answers', async () => {
    const { status, body, headers } = await setUp().get('/health/ready')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/health+json')
    expect(body.status).toBe('pass')
    expect(body.checks).toMatchObject({
      database: [{ status: 'pass' }],
      queue: [{ status: 'pass' }],
      storage: [{ status: 'pass' }],
    })
  })

  // bar 225
  test('fails when the database is gone', async () => {
    for (const path of ['/health/ready', '/health']) {
      const { status, body, headers } = await setUp({ database: broken }).get(path)
      expect(status).toBe(503)
      expect(body).toEqual({ status: 'fail' })
      expect(headers.get('retry-after')).toBe('1')
    }
  })

  // bar 225
  test('warns when a part is gone that it can do without', async () => {
    for (const parts of [{ storage: broken }, { bus: broken }, { lag: 10 * 60_000 }] satisfies Parts[]) {
      const { status, body } = await setUp(parts).get('/health/ready')
      expect([status, body.status]).toEqual([200, 'warn'])
    }
  })

  // bar 225
  test('waits at most a second for a part that does not answer', async () => {
    const startedAt = performance.now()
    const { status, body } = await setUp({ storage: hanging }).get('/health/ready')
    expect([status, body.status]).toEqual([200, 'warn'])
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  // bar 225
  test('looks once a second however many ask, and never twice at a part that hangs', async () => {
    const { counter, counting } = counted(fine)
    const { counter: stuck, counting: hangs } = counted(hanging)
    const { get, pass } = setUp({ database: counting, storage: hangs })
    await Promise.all(Array.from({ length: 50 }, () => get('/health/ready')))
    await get('/health')
    expect([counter.calls, stuck.calls]).toEqual([1, 1])
    pass(seconds(1))
    await get('/health/ready')
    expect([counter.calls, stuck.calls]).toEqual([2, 1])
  })

  // bar 232
  test('looks again after the clock was set back', async () => {
    const { counter, counting } = counted(fine)
    const { get, pass } = setUp({ database: counting })
    await get('/health/ready')
    pass(-seconds(3600))
    await get('/health/ready')
    expect(counter.calls).toBe(2)
  })

  // bar 227
  test('fails as soon as the process drains', async () => {
    const { get, state } = setUp()
    expect((await get('/health/ready')).status).toBe(200)
    state.draining = true
    expect((await get('/health/ready')).status).toBe(503)
  })

  test('asks features, and survives one that throws', async () => {
    const reporting = (report: HealthReport): Feature => ({ name: 'backups', health: async () => report })
    expect((await setUp({ features: [reporting({ status: 'pass' })] }).get('/health')).body.checks).toMatchObject({
      backups: [{ status: 'pass' }],
    })
    expect((await setUp({ features: [reporting({ status: 'warn' })] }).get('/health')).body.status).toBe('warn')
    const throwing: Feature = {
      name: 'backups',
      health: () => {
        throw new Error('bug')
      },
    }
    expect((await setUp({ features: [throwing] }).get('/health')).body.status).toBe('warn')
  })
})

describe('detail', () => {
  // bar 226
  test('is nothing for strangers, nor for people without the permission', async () => {
    for (const permissions of [undefined, [], ['users:read']]) {
      const { body } = await setUp({ storage: broken }).get('/health/ready', permissions)
      expect(Object.keys(body)).toEqual(['status', 'checks'])
      for (const check of Object.values(body.checks as Record<string, unknown>))
        expect(check).toEqual([{ status: expect.any(String) }])
      expect(JSON.stringify(body)).not.toContain('10.0.0.9')
    }
  })

  // bar 226
  test('is latency, version, depth and message for operators', async () => {
    for (const permissions of [['system:read'], ['system:*'], ['*']]) {
      const { body } = await setUp({ storage: broken }).get('/health', permissions)
      expect(body.version).toEqual(expect.any(String))
      expect(body.checks).toMatchObject({
        database: [{ status: 'pass', observedValue: expect.any(Number), observedUnit: 'ms', kind: 'file' }],
        queue: [{ waiting: 4 }],
        storage: [{ status: 'warn', output: 'connect ECONNREFUSED 10.0.0.9:9000' }],
        disk: [{ freeBytes: expect.any(Number) }],
      })
    }
    expect((await setUp({ database: broken }).get('/health', ['*'])).body.checks).toMatchObject({
      database: [{ status: 'fail' }],
    })
  })
})

describe('the whole service', () => {
  test('is ready, unlimited and silent to strangers', async () => {
    const { outside } = await testApp({ env: { RATE_LIMIT_GENERAL: '1/60' } })
    for (let n = 0; n < 3; n++) {
      for (const path of ['/health/live', '/health/ready', '/health']) {
        const reply = await outside.get(path)
        expect([path, reply.status]).toEqual([path, 200])
        expect(reply.headers.get('ratelimit')).toBeNull()
        expect(reply.text).not.toContain('observedValue')
      }
    }
  })

  test('tells an admin more', async () => {
    const { as } = await testApp()
    const admin = await as.admin.under('').get('/health')
    expect(admin.json().checks.database[0]).toMatchObject({ status: 'pass', kind: 'file' })
    expect(admin.json().version).toEqual(expect.any(String))
  })
})
