import { type App, partsOf } from '#core'

/** What has come in: since when it is counted, and the last hour by the minute. */
interface Traffic<M> {
  since: Date
  lastHour: () => M[]
}

/** What this process is made of, and what it has had to do. */
export const system = <M>(app: App, { since, lastHour }: Traffic<M>) => {
  const { version, environment, mode } = app.config
  return { version, environment, mode, upSince: since.toISOString(), parts: partsOf(app), traffic: lastHour() }
}
