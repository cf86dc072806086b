import { t } from 'elysia'
import type { App } from '#core'
import { pageOf, router } from '#http'
import { failures } from './failures'
import { discard, find, list, retry } from './jobs'
import * as model from './models'
import { listQueues, pause, resume } from './queues'
import { listSchedules, run } from './schedules'

const all = <T>(data: T[]) => ({ data, meta: { limit: data.length, nextCursor: null } })

export const routes = (app: App) =>
  router(app, '/admin')
    .get('/jobs', ({ ctx, query }) => list(ctx, query), {
      permission: 'jobs:read',
      paged: true,
      summary: 'Background work, done and to do',
      query: model.JobQuery,
      response: { 200: pageOf(model.Job) },
    })
    .get('/jobs/:id', ({ ctx, params }) => find(ctx, params.id), {
      permission: 'jobs:read',
      summary: 'One job, and where it runs',
      params: model.ById,
      response: { 200: model.Job },
      fails: [failures.JOB_NOT_FOUND],
    })
    .post('/jobs/:id/retry', ({ ctx, params }) => retry(ctx, params.id), {
      permission: 'jobs:manage',
      summary: 'Let a job run now, with all its attempts before it',
      params: model.ById,
      response: { 200: model.Job },
      fails: [failures.JOB_NOT_FOUND, failures.JOB_NOT_RETRYABLE],
    })
    .delete('/jobs/:id', async ({ ctx, params, status }) => status(204, await discard(ctx, params.id)), {
      permission: 'jobs:manage',
      summary: 'Discard a job for good',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.JOB_NOT_FOUND, failures.JOB_RUNNING],
    })
    .get('/queues', async ({ ctx }) => all(await listQueues(ctx)), {
      permission: 'jobs:read',
      summary: 'Queues, and how much is in each',
      response: { 200: model.Queues },
    })
    .post('/queues/:name/pause', ({ ctx, params }) => pause(ctx, params.name), {
      permission: 'jobs:manage',
      summary: 'Take no more jobs from a queue',
      params: model.ByName,
      response: { 200: model.Queue },
      fails: [failures.QUEUE_NOT_FOUND],
    })
    .post('/queues/:name/resume', ({ ctx, params }) => resume(ctx, params.name), {
      permission: 'jobs:manage',
      summary: 'Take jobs from a queue again',
      params: model.ByName,
      response: { 200: model.Queue },
      fails: [failures.QUEUE_NOT_FOUND],
    })
    .get('/schedules', async ({ ctx }) => all(await listSchedules(ctx)), {
      permission: 'jobs:read',
      summary: 'What runs by the clock',
      response: { 200: model.Schedules },
    })
    .post('/schedules/:name/run', async ({ ctx, params, status }) => status(202, await run(ctx, params.name)), {
      permission: 'jobs:manage',
      summary: 'Run a schedule out of turn',
      params: model.ByName,
      response: { 202: model.Started },
      fails: [failures.SCHEDULE_NOT_FOUND],
    })
