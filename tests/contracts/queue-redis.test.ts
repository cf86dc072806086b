import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { seconds } from '#core'
import { bookkeeping } from '#db'
import { notingJob, queueStage } from '../support/queues'
import { hasRedis, type RedisServer, startRedis } from '../support/services'
import { until } from '../support/until'

// What holds over Redis beyond the contract of every driver: the clock runs, deliveries get lost, others share the work.
describe.skipIf(!hasRedis)('queue over Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis?.stop())

  const stageOf = (jobs: ReturnType<typeof notingJob>[]) =>
    queueStage({ REDIS_URL: redis.url }, { jobs: jobs.map(({ job }) => job) })
  const deliveries = async (queue = 'default') => Number(await redis.send(['LLEN', `keel:queue:${queue}:wait`]))

  /** Rows that waiting deliveries stand for. */
  const carried = async (queue = 'default') => {
    const ids = (await redis.send(['LRANGE', `keel:queue:${queue}:wait`, '0', '-1'])) as string[]
    const data = await Promise.all(ids.map((id) => redis.send(['HGET', `keel:queue:${queue}:${id}`, 'data'])))
    return data.reduce<number>((sum, text) => sum + JSON.parse(String(text)).rows, 0)
  }

  test('a job that one process adds is done by another one that is told, not by one that looks', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const worker = stage.another(stage.app.features, { poll: seconds(60) })
    await worker.work()
    await stage.add(hello.job, { n: 1 })
    await until(() => hello.seen.length === 1)
    await worker.drain(0)
    expect((await stage.rows()).map(({ status }) => status)).toEqual(['done'])
    expect(await deliveries()).toBe(0)
  })

  test('two workers share the work, and do nothing twice', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const workers = [stage.another(stage.app.features), stage.another(stage.app.features)]
    for (const worker of workers) await worker.work()
    for (let n = 0; n < 200; n++) await stage.add(hello.job, { n })
    await until(() => hello.seen.length >= 200)
    for (const worker of workers) await worker.drain(0)
    expect(new Set(hello.seen.map(({ id }) => id)).size).toBe(200)
    expect(hello.seen).toHaveLength(200)
  })

  test('the most urgent runs first, whatever order they were carried in', async () => {
    const hello = notingJob('hello', { queue: 'heavy' })
    const stage = await stageOf([hello])
    for (const [n, priority] of [
      [3, 0],
      [1, 2],
      [4, -1],
      [2, 1],
    ] as const)
      await stage.add(hello.job, { n }, { priority })
    await until(async () => (await deliveries('heavy')) === 4)
    const worker = stage.another(stage.app.features)
    await worker.work()
    await until(() => hello.seen.length === 4)
    await worker.drain(0)
    expect(hello.seen.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  })

  test('a paused queue rests though deliveries arrive, and goes on when it is resumed', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const { app, ctx } = stage
    const worker = stage.another(app.features, { poll: 50 })
    await worker.work()
    await bookkeeping(app, (tx) => app.queue.admin.pause(tx, ctx(), 'default'))
    await stage.add(hello.job, { n: 1 })
    await until(async () => (await deliveries()) === 0)
    expect(hello.seen).toEqual([])
    await bookkeeping(app, (tx) => app.queue.admin.resume(tx, 'default'))
    stage.clock.advance(seconds(3))
    await until(() => hello.seen.length === 1)
    await worker.drain(0)
  })

  test('jobs that are added together are carried a few at a time, and each is done once', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const { app, ctx } = stage
    await bookkeeping(app, async (tx) => {
      for (let n = 0; n < 203; n++) await app.queue.enqueue(tx, ctx(), hello.job, { n })
    })
    await until(async () => (await carried()) === 203)
    expect(await deliveries()).toBeLessThan(60)
    const workers = [
      stage.another(app.features, { poll: seconds(60) }),
      stage.another(app.features, { poll: seconds(60) }),
    ]
    for (const worker of workers) await worker.work()
    await until(() => hello.seen.length >= 203)
    await until(async () => (await deliveries()) === 0)
    for (const worker of workers) await worker.drain(0)
    expect(new Set(hello.seen.map(({ id }) => id)).size).toBe(203)
    expect(hello.seen).toHaveLength(203)
  })

  // bar 198
  test('what Redis has lost is found in the table', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    for (let n = 0; n < 120; n++) await stage.add(hello.job, { n })
    await until(async () => (await carried()) === 120)
    await redis.send(['FLUSHALL'])
    const worker = stage.another(stage.app.features, { poll: 50 })
    await worker.work()
    stage.clock.advance(seconds(3))
    await until(() => hello.seen.length === 120)
    await worker.drain(0)
  })

  test('garbage among the deliveries, and deliveries of jobs that are done, do no harm', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    await stage.add(hello.job, { n: 1 })
    await until(async () => (await deliveries()) === 1)
    expect(await stage.app.queue.runDue()).toBe(1)
    await redis.send(['LPUSH', 'keel:queue:default:wait', 'no such job'])
    const worker = stage.another(stage.app.features, { poll: 50 })
    await worker.work()
    await stage.add(hello.job, { n: 2 })
    await until(() => hello.seen.length === 2)
    await until(async () => (await deliveries()) === 0)
    await worker.drain(0)
  })

  // bar 204
  test('nothing of a job but its id goes to Redis', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const id = await stage.add(hello.job, { n: 31_337 })
    await until(async () => (await deliveries()) === 1)
    const [key = ''] = (await redis.send(['KEYS', `keel:queue:default:${id}*`])) as string[]
    expect(JSON.stringify(await redis.send(['HGETALL', key]))).not.toContain('31337')
    expect(await stage.app.queue.runDue()).toBe(1)
  })

  // bar 208
  test('adding a job never waits for Redis; while it is frozen or gone, a worker takes what it finds', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const worker = stage.another(stage.app.features, { poll: 50 })
    await worker.work()
    redis.freeze()
    const began = performance.now()
    for (let n = 0; n < 20; n++) await stage.add(hello.job, { n })
    expect(performance.now() - began).toBeLessThan(1000)
    await until(() => hello.seen.length === 20)
    redis.thaw()
    await until(() => stage.app.redis?.up)
    await redis.kill()
    await stage.add(hello.job, { n: 20 })
    await until(() => hello.seen.length === 21)
    await redis.restart()
    await until(() => stage.app.redis?.up)
    await stage.add(hello.job, { n: 21 })
    await until(() => hello.seen.length === 22)
    await worker.drain(0)
  }, 15_000)
})
