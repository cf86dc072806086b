import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { hours, later, minutes, PermanentFailure, seconds } from '#core'
import { bookkeeping, enqueue } from '#db'
import { notingJob, queueDrivers, queueStage, until } from '../support/queues'

describe.each(queueDrivers)('queue: $name', ({ env, start: begin, stop }) => {
  beforeAll(() => begin?.())
  afterAll(() => stop?.())

  const stageOf = (jobs: ReturnType<typeof notingJob>[]) => queueStage(env(), { jobs: jobs.map(({ job }) => job) })

  test('a job runs once, as the system, under the request id of who added it', async () => {
    const hello = notingJob('hello')
    const { app, add, row } = await stageOf([hello])
    const id = await add(hello.job, { n: 1 })
    expect(hello.seen).toEqual([])
    expect(await app.queue.runDue()).toBe(1)
    expect(await app.queue.runDue()).toBe(0)
    expect(hello.seen).toEqual([{ payload: { n: 1 }, actor: 'job:hello', requestId: 'request-1', id, attempt: 1 }])
    expect(await row(id)).toMatchObject({ status: 'done', attempts: 1, progress: 1, leasedBy: null, lastError: null })
  })

  // bar 202
  test('what was rolled back adds no job', async () => {
    const hello = notingJob('hello')
    const { app, ctx, rows } = await stageOf([hello])
    const undone = bookkeeping(ctx(), async (tx) => {
      await enqueue(tx, ctx(), hello.job, { n: 1 })
      throw new Error('no')
    })
    expect(undone).rejects.toThrow('no')
    await undone.catch(() => {})
    expect(await rows()).toEqual([])
    expect(await app.queue.runDue()).toBe(0)
  })

  test('while a job with a key is known, another one is not added', async () => {
    const hello = notingJob('hello')
    const { app, ctx } = await stageOf([hello])
    const add = () => bookkeeping(ctx(), (tx) => enqueue(tx, ctx(), hello.job, { n: 1 }, { dedupeKey: 'once' }))
    expect(await add()).toBeString()
    expect(await add()).toBeUndefined()
    await app.queue.runDue()
    expect(await add()).toBeUndefined()
    expect(hello.seen).toHaveLength(1)
  })

  test('a delayed job does not run before its time', async () => {
    const hello = notingJob('hello')
    const { app, clock, add, row } = await stageOf([hello])
    const id = await add(hello.job, { n: 1 }, { runAt: later(clock.now(), minutes(10)) })
    clock.advance(minutes(10) - 1)
    expect(await app.queue.runDue()).toBe(0)
    expect((await row(id)).status).toBe('scheduled')
    clock.advance(1)
    expect(await app.queue.runDue()).toBe(1)
  })

  test('the most urgent runs first, then who waits longest', async () => {
    const hello = notingJob('hello', { queue: 'heavy' })
    const { app, clock, add } = await stageOf([hello])
    await add(hello.job, { n: 3 })
    await add(hello.job, { n: 2 }, { runAt: later(clock.now(), -1) })
    await add(hello.job, { n: 4 }, { priority: -1 })
    await add(hello.job, { n: 1 }, { priority: 1 })
    await app.queue.runDue()
    expect(hello.seen.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  })

  test('a queue runs no more at a time than it may', async () => {
    let now = 0
    let most = 0
    const slow = notingJob('slow', {
      queue: 'some',
      run: async () => {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now--
      },
    })
    const { app, add } = await stageOf([slow])
    for (let n = 0; n < 25; n++) await add(slow.job, { n })
    expect(await app.queue.runDue()).toBe(25)
    expect(most).toBe(10)
  })

  test('a job that fails is tried again after a growing wait, and put aside after its last attempt', async () => {
    const bad = notingJob('bad', {
      maxAttempts: 3,
      backoff: seconds(10),
      run: async () => {
        throw new TypeError('nothing to see')
      },
    })
    const { app, clock, add, row } = await stageOf([bad])
    const id = await add(bad.job, { n: 1 })
    for (const limit of [seconds(10), seconds(20)]) {
      const before = clock.now()
      await app.queue.runDue()
      const { status, runAt, lastError } = await row(id)
      expect({ status, lastError }).toEqual({ status: 'failed', lastError: 'TypeError: nothing to see' })
      expect(runAt.getTime() - before.getTime()).toBeWithin(0, limit + 1)
      clock.set(runAt)
    }
    await app.queue.runDue()
    expect(await row(id)).toMatchObject({ status: 'dead', attempts: 3, finishedAt: clock.now() })
    clock.advance(hours(24))
    await app.queue.runDue()
    expect(bad.seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(await app.queue.depth()).toEqual({ waiting: 0, running: 0, dead: 1, lag: 0 })
  })

  test('a failure that would repeat itself is put aside at once', async () => {
    const bad = notingJob('bad', {
      run: async () => {
        throw new PermanentFailure('the address does not exist')
      },
    })
    const { app, add, row } = await stageOf([bad])
    const id = await add(bad.job, { n: 1 })
    await app.queue.runDue()
    const lastError = 'PermanentFailure: the address does not exist'
    expect(await row(id)).toMatchObject({ status: 'dead', attempts: 1, lastError })
  })

  test('a job that takes too long is told to stop, and the attempt counts as failed even if it does not', async () => {
    let told = false
    const stuck = notingJob('stuck', {
      timeout: 20,
      run: (_ctx, _payload, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            told = true
          })
        }),
    })
    const { app, add, row } = await stageOf([stuck])
    const id = await add(stuck.job, { n: 1 })
    await app.queue.runDue()
    expect(told).toBe(true)
    expect(await row(id)).toMatchObject({ status: 'failed', lastError: 'TimedOut: Not done after 0.02 s' })
  })

  // bar 235
  test('what is kept of an error holds no secret, no address and no values of a query', async () => {
    const bad = notingJob('bad', {
      run: async ({ db }, { n }) => {
        if (n === 1)
          throw new Error(
            'https://x:y@example.com/reset?token=abc for ada@example.com: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
          )
        await db.get(sql`select ${'canary'} from nowhere`)
      },
    })
    const { app, add, row } = await stageOf([bad])
    const first = await add(bad.job, { n: 1 })
    const second = await add(bad.job, { n: 2 })
    await app.queue.runDue()
    expect((await row(first)).lastError).toBe('Error: https://example.com/reset for [address]: [redacted]')
    expect((await row(second)).lastError).toContain('no such table: nowhere')
    expect((await row(second)).lastError).not.toContain('canary')
  })

  // bar 206
  test('jobs of an unknown kind wait for a process that knows them, and hold up nobody', async () => {
    const old = notingJob('old')
    const fresh = notingJob('fresh')
    const stage = await stageOf([old])
    const newer = stage.another([{ name: 'next', jobs: [fresh.job] }])
    const ctx = stage.ctx()
    const add = () => bookkeeping(ctx, (tx) => newer.enqueue(tx, ctx, fresh.job, { n: 1 }, { priority: 9 }))
    await add()
    await add()
    await stage.add(old.job, { n: 2 })
    expect(await stage.app.queue.runDue()).toBe(1)
    expect((await stage.rows()).map(({ name, status }) => [name, status])).toEqual([
      ['fresh', 'waiting'],
      ['fresh', 'waiting'],
      ['old', 'done'],
    ])
    expect(await newer.runDue()).toBe(2)
  })

  test('a job that no manifest names is refused when it is added', async () => {
    const known = notingJob('known')
    const { add } = await stageOf([known])
    expect(add(notingJob('stray').job, { n: 1 })).rejects.toThrow('The job stray is in no feature')
  })

  test('two jobs cannot share a name', async () => {
    expect(stageOf([notingJob('twin'), notingJob('twin')])).rejects.toThrow('Two jobs are called twin')
  })

  test('a paused queue rests in every process until it is resumed', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const { app, ctx } = stage
    const other = stage.another(app.features)
    await bookkeeping(app, (tx) => app.queue.admin.pause(tx, ctx(), 'default'))
    await stage.add(hello.job, { n: 1 })
    expect([await app.queue.runDue(), await other.runDue()]).toEqual([0, 0])
    const paused = { name: 'default', paused: true, waiting: 1, running: 0, failed: 0 }
    expect(await app.queue.admin.queues(ctx())).toContainEqual(paused)
    await bookkeeping(app, (tx) => app.queue.admin.resume(tx, 'default'))
    expect(await other.runDue()).toBe(1)
    expect(await app.queue.admin.queues(ctx())).toContainEqual({ ...paused, paused: false, waiting: 0 })
  })

  test('a dead letter can be retried with all its attempts, or discarded', async () => {
    let healed = false
    const bad = notingJob('bad', {
      run: async () => {
        if (!healed) throw new PermanentFailure('not yet')
      },
    })
    const { app, ctx, add, row } = await stageOf([bad])
    const [kept, gone] = [await add(bad.job, { n: 1 }), await add(bad.job, { n: 2 })]
    await app.queue.runDue()
    healed = true
    const retried = await bookkeeping(app, (tx) => app.queue.admin.retry(tx, ctx(), kept))
    expect(retried).toMatchObject({ id: kept, status: 'waiting', attempts: 0 })
    expect(await bookkeeping(app, (tx) => app.queue.admin.discard(tx, gone))).toMatchObject({ id: gone })
    expect(await app.queue.admin.find(ctx(), gone)).toBeUndefined()
    expect(await app.queue.runDue()).toBe(1)
    expect((await row(kept)).status).toBe('done')
    expect(await bookkeeping(app, (tx) => app.queue.admin.retry(tx, ctx(), kept))).toBeUndefined()
    expect(await bookkeeping(app, (tx) => app.queue.admin.discard(tx, 'unknown'))).toBeUndefined()
  })

  test('a job tells how far it is, and it can be seen which worker has it', async () => {
    const gate = Promise.withResolvers<void>()
    const stage = await queueStage(env(), {
      jobs: [
        notingJob('slow', {
          run: async (_ctx, _payload, task) => {
            task.progress(0.25)
            task.progress(7)
            task.progress(0.5)
            await gate.promise
          },
        }).job,
      ],
    })
    const [job] = stage.app.features[0]?.jobs ?? []
    if (!job) throw new Error('no job')
    const id = await stage.add(job, { n: 1 })
    const ran = stage.app.queue.runDue()
    await until(async () => (await stage.row(id)).progress === 0.5)
    const [running] = await stage.app.queue.admin.running(stage.app)
    expect(running).toMatchObject({ id, name: 'slow', progress: 0.5 })
    expect(running?.worker).toContain(`/${process.pid}/`)
    expect(await bookkeeping(stage.app, (tx) => stage.app.queue.admin.discard(tx, id))).toBeUndefined()
    gate.resolve()
    await ran
  })

  // bar 199
  test('a job of a silent worker is taken over when its lease is over, and the attempt counts', async () => {
    const hung = Promise.withResolvers<void>()
    const stuck = notingJob('stuck', {
      run: async (_ctx, _payload, { attempt }) => (attempt === 1 ? hung.promise : undefined),
    })
    const stage = await stageOf([stuck])
    const id = await stage.add(stuck.job, { n: 1 })
    const silent = stage.app.queue.runDue()
    await until(async () => stuck.seen.length === 1)
    const other = stage.another(stage.app.features)
    stage.clock.advance(seconds(29))
    expect(await other.runDue()).toBe(0)
    stage.clock.advance(seconds(2))
    await other.runDue()
    stage.clock.advance(seconds(2))
    expect(await other.runDue()).toBe(1)
    expect(await stage.row(id)).toMatchObject({ status: 'done', attempts: 2 })
    hung.resolve()
    await silent
    expect(await stage.row(id)).toMatchObject({ status: 'done', attempts: 2 })
    expect(stuck.seen.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  // bar 200
  test('a job that takes its worker down every time ends as a dead letter', async () => {
    const poison = notingJob('poison', { maxAttempts: 2, run: () => new Promise(() => {}) })
    const stage = await stageOf([poison])
    const id = await stage.add(poison.job, { n: 1 })
    for (const attempt of [1, 2]) {
      void stage.another(stage.app.features).runDue()
      await until(async () => poison.seen.length === attempt)
      stage.clock.advance(seconds(31))
      expect(await stage.another([]).runDue()).toBe(0)
      stage.clock.advance(minutes(1))
    }
    const lastError = 'The worker that ran it has gone silent'
    expect(await stage.row(id)).toMatchObject({ status: 'dead', attempts: 2, lastError })
  })

  test('a worker keeps the lease of what it runs, and lets go of what another one has taken over', async () => {
    const reasons: unknown[] = []
    const stuck = notingJob('stuck', {
      run: (_ctx, _payload, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => reasons.push(String(signal.reason)))),
    })
    const stage = await stageOf([stuck])
    const worker = stage.another(stage.app.features, { lease: 150 })
    const id = await stage.add(stuck.job, { n: 1 })
    const ran = worker.runDue()
    await until(async () => (await stage.row(id)).status === 'running')
    stage.clock.advance(100)
    const kept = later(stage.clock.now(), 150)
    await until(async () => (await stage.row(id)).leasedUntil?.getTime() === kept.getTime())
    await bookkeeping(stage.app, async (tx) => void (await tx.run(sql`update jobs set leased_by = 'another'`)))
    expect(await ran).toBe(1)
    expect(reasons).toEqual(['Error: The lease was lost'])
    expect(await stage.row(id)).toMatchObject({ status: 'running', leasedBy: 'another' })
  })

  test('a worker wakes up at the commit that adds a job', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const worker = stage.another(stage.app.features, { poll: seconds(60) })
    await worker.work()
    await new Promise((resolve) => setImmediate(resolve))
    const ctx = stage.ctx()
    await bookkeeping(ctx, (tx) => worker.enqueue(tx, ctx, hello.job, { n: 1 }))
    await until(async () => hello.seen.length === 1)
    await worker.drain(0)
    expect((await stage.rows())[0]?.status).toBe('done')
  })

  test('a worker finds what other processes add, and what becomes due', async () => {
    const hello = notingJob('hello')
    const stage = await stageOf([hello])
    const worker = stage.another(stage.app.features, { poll: 10 })
    await worker.work()
    await stage.add(hello.job, { n: 1 })
    await stage.add(hello.job, { n: 2 }, { runAt: later(stage.clock.now(), minutes(1)) })
    await until(async () => hello.seen.length === 1)
    stage.clock.advance(minutes(1))
    await until(async () => hello.seen.length === 2)
    await worker.drain(0)
  })

  // bar 201
  test('draining takes nothing new, lets jobs end, and hands back untried what does not', async () => {
    const gate = Promise.withResolvers<void>()
    const quick = notingJob('quick', { run: () => gate.promise })
    const slow = notingJob('slow', { run: () => new Promise(() => {}) })
    const polite = notingJob('polite', {
      run: (_ctx, _payload, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const stage = await stageOf([quick, slow, polite])
    for (const { job } of [quick, slow, polite]) await stage.add(job, { n: 1 })
    await stage.app.queue.work()
    await until(async () => [quick, slow, polite].every(({ seen }) => seen.length === 1))
    const drained = stage.app.queue.drain(50)
    await stage.add(quick.job, { n: 2 })
    gate.resolve()
    await drained
    const waiting = { status: 'waiting', attempts: 0, leasedBy: null }
    const [first, second, third, late] = await stage.rows()
    expect(first).toMatchObject({ status: 'done', attempts: 1 })
    expect([second, third, late]).toMatchObject([waiting, waiting, waiting])
    expect(quick.seen).toHaveLength(1)
  })

  test('the depth says what waits, what runs and how long the oldest one has been due', async () => {
    const hello = notingJob('hello')
    const { app, clock, add } = await stageOf([hello])
    expect(await app.queue.depth()).toEqual({ waiting: 0, running: 0, dead: 0, lag: 0 })
    await add(hello.job, { n: 1 }, { runAt: later(clock.now(), minutes(1)) })
    expect(await app.queue.depth()).toMatchObject({ waiting: 0, lag: 0 })
    await add(hello.job, { n: 2 })
    clock.advance(seconds(90))
    expect(await app.queue.depth()).toEqual({ waiting: 2, running: 0, dead: 0, lag: seconds(90) })
  })
})
