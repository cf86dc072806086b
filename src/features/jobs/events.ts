import { defineEvent, t } from '#core'

const aJob = t.Object({ jobId: t.String(), name: t.String(), queue: t.String(), status: t.String() })
const job = (payload: { jobId: string; name: string }) => ({ type: 'job', id: payload.jobId, label: payload.name })
const aQueue = t.Object({ queue: t.String() })
const queue = (payload: { queue: string }) => ({ type: 'queue', id: payload.queue, label: payload.queue })

export const jobRetried = defineEvent('job.retried', {
  payload: aJob,
  subject: job,
  summary: 'let a job run again',
})
export const jobDiscarded = defineEvent('job.discarded', {
  payload: aJob,
  subject: job,
  summary: 'discarded a job',
})
export const queuePaused = defineEvent('queue.paused', {
  payload: aQueue,
  subject: queue,
  summary: 'paused a queue',
})
export const queueResumed = defineEvent('queue.resumed', {
  payload: aQueue,
  subject: queue,
  summary: 'let a queue go on',
})
export const scheduleRun = defineEvent('schedule.run', {
  payload: t.Object({ schedule: t.String(), jobId: t.String() }),
  subject: (payload) => ({ type: 'schedule', id: payload.schedule, label: payload.schedule }),
  summary: 'ran a schedule out of turn',
})

export const events = [jobRetried, jobDiscarded, queuePaused, queueResumed, scheduleRun]
