import type { Feature } from '#core'
import { bullCarrier } from './bullmq'
import type { AnyJob, JobTypes, QueueDeps } from './deps'
import type { Queue } from './port'
import { openTable, type Timing } from './table'

/** The queue on the app's own database; where there is a Redis, BullMQ tells all processes at once what is due. */
export const openQueue = (deps: QueueDeps, timing?: Partial<Timing>): Queue =>
  openTable(deps, jobTypes(deps.features), deps.redis && bullCarrier(deps.redis, deps.log), timing)

/** Every kind of job that a feature brings. Throws if two share one. */
const jobTypes = (features: readonly Feature[]): JobTypes => {
  const types = new Map<string, AnyJob>()
  for (const { jobs = [], on = [], schedule = [] } of features) {
    for (const type of [...jobs, ...on.map(({ job }) => job), ...schedule.map(({ job }) => job)]) {
      if (types.has(type.name) && types.get(type.name) !== type) throw new Error(`Two jobs are called ${type.name}`)
      types.set(type.name, type)
    }
  }
  return types
}
