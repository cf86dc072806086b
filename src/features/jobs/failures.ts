import { defineFailures } from '#core'

export const failures = defineFailures({
  JOB_NOT_FOUND: ['not_found', 'There is no such job. What was done is removed after a week.'],
  JOB_NOT_RETRYABLE: ['conflict', 'Only a job that is dead, has failed or waits for its time can be tried now.'],
  JOB_RUNNING: ['conflict', 'The job is running. Wait until it has ended, or pause its queue.'],
  QUEUE_NOT_FOUND: ['not_found', 'There is no such queue.'],
  SCHEDULE_NOT_FOUND: ['not_found', 'There is no such schedule.'],
})
