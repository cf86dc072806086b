import type { Feature } from '#core'
import type { AnyJob, JobTypes, QueueDeps } from './deps'
import { openEmbedded, type Timing } from './embedded'
import type { Queue } from './port'

/** The queue on the app's own database. */
export const openQueue = (deps: QueueDeps, timing?: Partial<Timing>): Queue =>
  openEmbedded(deps, jobTypes(deps.features), timing)

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
