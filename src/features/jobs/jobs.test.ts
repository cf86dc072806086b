import { describe, expect, test } from 'bun:test'
import { type App, contextOf, defineFeature, defineJob, minutes, PermanentFailure, systemContext } from '#core'
import { bookkeeping, enqueue } from '#db'
import { auth } from '#features/auth'
import { jobs } from '#features/jobs'
import { users } from '#features/users'
import { testApp } from '#tests'

/** Whether jobs go wrong, and what holds them up. */
const stage = async () => {
  const state = { broken: true, ran: 0, gate: Promise.resolve(), onStart: () => {} }
  const work = defineJob<{ thingId: string }>('stage.work', {
    queue: 'stage',
    run: async () => {
      state.onStart()
      await state.gate
      state.ran += 1
      if (state.broken) throw new PermanentFailure('The provider said no to grace@example.com')
    },
  })
  const tidy = defineJob<Record<string, never>>('stage.tidy', { queue: 'stage', run: async () => {} })
  const feature = defineFeature({
    name: 'stage',
    jobs: [work],
    schedule: [{ name: 'stage.tidy', cron: '0 4 * * *', job: tidy }],
  })
  const started = await testApp({ features: [users, auth, jobs, feature] })
  // Signing in sends mails, and that runs what is due.
  await started.as.admin.user()
  const add = async (app: App = started.app, runAt?: Date) => {
    const ctx = contextOf(app, { actor: { type: 'system', name: 'test' }, requestId: 'request-1' })
    const id = await bookkeeping(ctx, (tx) => enqueue(tx, ctx, work, { thingId: 'thing-1' }, runAt ? { runAt } : {}))
    return id ?? ''
  }
  const events = async () => {
    const { data } = await started.app.journal.list(systemContext(started.app, 'test'), { limit: '100' }, {})
    return data.filter(({ type }) => /^(job|queue|schedule)\./.test(type))
  }
  return { ...started, state, add, events }
}

describe('a job', () => {
  test('can be looked at: what it is about, how often it was tried, what went wrong', async () => {
    const { as, add, runJobs } = await stage()
    const id = await add()
    expect(await as.admin.get(`/admin/jobs/${id}`).json()).toMatchObject({
      id,
      name: 'stage.work',
      queue: 'stage',
      status: 'waiting',
      attempts: 0,
      maxAttempts: 10,
      payload: { thingId: 'thing-1' },
      requestId: 'request-1',
    })
    await runJobs()
    const dead = await as.admin.get(`/admin/jobs/${id}`).json()
    expect(dead).toMatchObject({ status: 'dead', attempts: 1 })
    expect(dead.finishedAt).toBeString()
    expect(dead.lastError).toBe('PermanentFailure: The provider said no to [address]')
    expect(dead).not.toHaveProperty('worker')
  })

  test('says while it runs who runs it, and until when', async () => {
    const { as, add, state, runJobs, clock } = await stage()
    await runJobs()
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const id = await add()
    const started = Promise.withResolvers<void>()
    state.onStart = started.resolve
    const running = runJobs()
    await started.promise
    const job = await as.admin.get(`/admin/jobs/${id}`).json()
    expect(job.status).toBe('running')
    expect(job.worker).toContain(`/${process.pid}/`)
    expect(Date.parse(job.leasedUntil)).toBeGreaterThan(clock.now().getTime())
    expect(await as.admin.get('/admin/jobs', { query: { status: 'running' } }).json()).toMatchObject({ data: [{ id }] })
    expect(await as.admin.post(`/admin/jobs/${id}/retry`)).toRefuse(409, 'job_not_retryable')
    expect(await as.admin.delete(`/admin/jobs/${id}`)).toRefuse(409, 'job_running')
    gate.resolve()
    await running
  })

  test('that is dead can be tried again, and runs with all its attempts before it', async () => {
    const { as, add, state, runJobs, events } = await stage()
    const id = await add()
    await runJobs()
    state.broken = false
    const retried = await as.admin.post(`/admin/jobs/${id}/retry`).json()
    expect(retried).toMatchObject({ id, status: 'waiting', attempts: 0 })
    await runJobs()
    expect(await as.admin.get(`/admin/jobs/${id}`).json()).toMatchObject({ status: 'done', attempts: 1 })
    expect(await as.admin.post(`/admin/jobs/${id}/retry`)).toRefuse(409, 'job_not_retryable')
    expect(await events()).toMatchObject([
      { type: 'job.retried', actorId: await as.admin.id(), subjectId: id, payload: { jobId: id, status: 'dead' } },
    ])
  })

  test('that waits for its time can be run now', async () => {
    const { as, add, clock, state, runJobs } = await stage()
    state.broken = false
    const id = await add(undefined, new Date(clock.now().getTime() + minutes(60)))
    expect(await as.admin.get(`/admin/jobs/${id}`).json()).toMatchObject({ status: 'scheduled' })
    await as.admin.post(`/admin/jobs/${id}/retry`).json()
    await runJobs()
    expect(state.ran).toBe(1)
  })

  test('can be discarded for good', async () => {
    const { as, add, state, runJobs, events } = await stage()
    const id = await add()
    expect((await as.admin.delete(`/admin/jobs/${id}`)).status).toBe(204)
    await runJobs()
    expect(state.ran).toBe(0)
    expect(await as.admin.get(`/admin/jobs/${id}`)).toRefuse(404, 'job_not_found')
    expect(await as.admin.delete(`/admin/jobs/${id}`)).toRefuse(404, 'job_not_found')
    expect(await as.admin.post(`/admin/jobs/${id}/retry`)).toRefuse(404, 'job_not_found')
    expect(await events()).toMatchObject([{ type: 'job.discarded', payload: { jobId: id, name: 'stage.work' } }])
  })

  // bar 118
  test('that cannot be is not there', async () => {
    const { as } = await stage()
    for (const id of ['-1', '9223372036854775808', 'x'.repeat(2000)])
      expect((await as.admin.get(`/admin/jobs/${id}`)).status).toBe(404)
  })

  // bar 206
  test('of a kind that nobody knows any more is still there to be seen', async () => {
    const { app, as, add, runJobs } = await stage()
    const id = await add()
    await bookkeeping(
      app,
      async (tx) => void (await tx.run("update jobs set name = 'gone.work' where queue = 'stage'")),
    )
    await runJobs()
    expect(await as.admin.get(`/admin/jobs/${id}`).json()).toMatchObject({ name: 'gone.work', status: 'waiting' })
  })
})

describe('the list of jobs', () => {
  test('is filtered by queue and state, newest first, page by page', async () => {
    const { as, add, runJobs } = await stage()
    await runJobs()
    const dead = [await add(), await add()]
    await runJobs()
    const waiting = await add()
    const ids = async (query: Record<string, string>) =>
      (await as.admin.get('/admin/jobs', { query }).json()).data.map(({ id }: { id: string }) => id)
    expect(await ids({ queue: 'stage' })).toEqual([waiting, ...dead.toReversed()])
    expect(await ids({ queue: 'stage', sort: 'createdAt' })).toEqual([...dead, waiting])
    expect(await ids({ status: 'dead' })).toEqual(dead.toReversed())
    expect(await ids({ queue: 'stage', status: 'waiting' })).toEqual([waiting])
    expect(await ids({ queue: 'nowhere' })).toEqual([])
    const first = await as.admin.get('/admin/jobs', { query: { queue: 'stage', limit: 2, count: true } })
    const { data, meta } = first.json()
    expect([data.length, meta.total]).toEqual([2, 3])
    expect(first.headers.get('link')).toContain('rel="next"')
    expect(await ids({ queue: 'stage', limit: '2', cursor: meta.nextCursor })).toEqual([dead[0] ?? ''])
    expect(await as.admin.get('/admin/jobs', { query: { cursor: meta.nextCursor } })).toRefuse(422, 'validation_failed')
  })

  test('refuses filters that make no sense, by their name', async () => {
    const { as } = await stage()
    for (const [name, value] of [
      ['status', 'lost'],
      ['queue', 'x'.repeat(101)],
      ['limit', '101'],
      ['sort', 'payload'],
    ] as const) {
      const refused = await as.admin.get('/admin/jobs', { query: { [name]: value } })
      expect(refused).toRefuse(422, 'validation_failed')
      expect(refused.json().errors).toMatchObject([{ path: `/query/${name}` }])
    }
  })
})

describe('a queue', () => {
  test('can be paused and let go on', async () => {
    const { as, add, state, runJobs, events } = await stage()
    const paused = await as.admin.post('/admin/queues/stage/pause').json()
    expect(paused).toEqual({ name: 'stage', paused: true, waiting: 0, running: 0, failed: 0, driver: 'embedded' })
    await as.admin.post('/admin/queues/stage/pause').json()
    await add()
    await runJobs()
    expect(state.ran).toBe(0)
    const { data } = await as.admin.get('/admin/queues').json()
    expect(data.find(({ name }: { name: string }) => name === 'stage')).toMatchObject({ paused: true, waiting: 1 })
    expect(await as.admin.post('/admin/queues/stage/resume').json()).toMatchObject({ paused: false })
    await runJobs()
    expect(state.ran).toBe(1)
    expect((await events()).map(({ type, subjectId }) => [type, subjectId])).toEqual([
      ['queue.resumed', 'stage'],
      ['queue.paused', 'stage'],
    ])
  })

  test('has to be one', async () => {
    const { as } = await stage()
    expect(await as.admin.post('/admin/queues/nowhere/pause')).toRefuse(404, 'queue_not_found')
    expect(await as.admin.post('/admin/queues/nowhere/resume')).toRefuse(404, 'queue_not_found')
  })
})

describe('a schedule', () => {
  // bar 203
  test('tells when it runs next, and can be run out of turn', async () => {
    const { as, clock, runJobs, events } = await stage()
    const next = clock.now()
    next.setUTCHours(next.getUTCHours() < 4 ? 4 : 28, 0, 0, 0)
    const nextRunAt = next.toISOString()
    const mine = async () => {
      const { data } = await as.admin.get('/admin/schedules').json()
      return data.find(({ name }: { name: string }) => name === 'stage.tidy')
    }
    expect(await mine()).toEqual({ name: 'stage.tidy', cron: '0 4 * * *', nextRunAt })
    const ran = await as.admin.post('/admin/schedules/stage.tidy/run')
    expect(ran.status).toBe(202)
    await runJobs()
    expect(await as.admin.get(`/admin/jobs/${ran.json().jobId}`).json()).toMatchObject({ status: 'done' })
    expect(await mine()).toMatchObject({ nextRunAt, lastStatus: 'done' })
    expect(await events()).toMatchObject([{ type: 'schedule.run', payload: { schedule: 'stage.tidy' } }])
  })

  test('has to be one', async () => {
    const { as } = await stage()
    expect(await as.admin.post('/admin/schedules/nothing.at-all/run')).toRefuse(404, 'schedule_not_found')
  })
})

// bar 110
test('only those who may see and manage jobs do', async () => {
  const { anon, as, person, add } = await stage()
  const id = await add()
  const reads = ['/admin/jobs', `/admin/jobs/${id}`, '/admin/queues', '/admin/schedules']
  const changes = [
    ['POST', `/admin/jobs/${id}/retry`],
    ['DELETE', `/admin/jobs/${id}`],
    ['POST', '/admin/queues/stage/pause'],
    ['POST', '/admin/queues/stage/resume'],
    ['POST', '/admin/schedules/stage.tidy/run'],
  ] as const
  for (const [method, path] of [...reads.map((path) => ['GET', path] as const), ...changes]) {
    expect(await anon.send(method, path)).toRefuse(401, 'unauthenticated')
    expect(await as.ada.send(method, path)).toRefuse(403, 'forbidden')
    expect(await person('sue', { role: 'support' }).send(method, path)).toRefuse(403, 'forbidden')
  }
  expect((await as.admin.get(`/admin/jobs/${id}`)).status).toBe(200)
})
