import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { t } from 'elysia'
import { type App, defineEvent, defineFeature, minutes, systemContext } from '#core'
import { bookkeeping, journal } from '#db'
import { router } from '#http'
import { hasRedis, type RedisServer, startRedis, type TestApp, testApp } from '#tests'

const changed = defineEvent('stage.changed', {
  payload: t.Object({}),
  subject: () => ({ type: 'stage', id: 'all' }),
  summary: 'changed it',
})

describe.skipIf(!hasRedis)('a cached reply in a fleet of processes', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  /** Two processes' worth of app with one Redis. Both answer with the same value. */
  const fleet = async () => {
    await redis.send(['FLUSHALL'])
    const state = { value: 'first', calls: 0 }
    const routes = (app: App) =>
      router(app, '/stage').get('/open', () => ({ said: state.value, calls: ++state.calls }), {
        public: true,
        cached: { ttl: minutes(5), tags: ['stage.*'] },
        response: { 200: t.Object({ said: t.String(), calls: t.Number() }) },
      })
    const feature = defineFeature({ name: 'stage', routes, events: [changed] })
    const open = () => testApp({ features: [feature], env: { REDIS_URL: redis.url, RATE_LIMIT: 'off' } })
    const [one, other] = [await open(), await open()]
    const change = ({ app }: TestApp) =>
      bookkeeping(app, (tx) => journal.record(tx, systemContext(app, 'test'), changed, {}))
    return { state, one, other, change }
  }
  const said = async ({ anon }: TestApp): Promise<string> => (await anon.get('/stage/open').json()).said

  test('is made once for all', async () => {
    const { state, one, other } = await fleet()
    expect([await said(one), await said(other), await said(one)]).toEqual(['first', 'first', 'first'])
    expect(state.calls).toBe(1)
  })

  // bar 195
  test('is over everywhere within a second when an event outdates it', async () => {
    const { state, one, other, change } = await fleet()
    await said(one)
    await said(other)
    state.value = 'second'
    await change(one)
    expect(await said(one)).toBe('second')
    const changedAt = performance.now()
    while ((await said(other)) !== 'second') expect(performance.now() - changedAt).toBeLessThan(1000)
  })

  // bar 197
  test('is made anew when Redis was flushed or holds garbage', async () => {
    const { state, one, other } = await fleet()
    await said(one)
    for (const key of (await redis.send(['KEYS', '*cache*'])) as string[]) await redis.send(['SET', key, '{"evil":'])
    expect(await said(other)).toBe('first')
    await redis.send(['FLUSHALL'])
    const third = await fleet()
    expect(await said(third.one)).toBe('first')
    expect(state.calls).toBeLessThanOrEqual(2)
  })

  // bar 197, bar 208
  test('is still answered while Redis is gone, and no request waits for it', async () => {
    const { one, other } = await fleet()
    await said(one)
    await redis.kill()
    const began = performance.now()
    expect([await said(one), await said(other)]).toEqual(['first', 'first'])
    expect(performance.now() - began).toBeLessThan(2000)
    await redis.restart()
  })
})
