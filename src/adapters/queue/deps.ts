import type { App, Feature } from '#core'

/** A kind of job whatever its payload. */
export type AnyJob = NonNullable<Feature['jobs']>[number]
/** By name. */
export type JobTypes = ReadonlyMap<string, AnyJob>

export interface QueueDeps extends Pick<App, 'config' | 'database' | 'redis' | 'bus' | 'log' | 'clock' | 'features'> {
  /** The App that jobs run with; it is built after its queue. */
  app: () => App
}
