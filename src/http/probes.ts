import { statfs } from 'node:fs/promises'
import { type App, type HealthReport, minutes, seconds } from '#core'

/** How long one probe may take. What has not answered by then counts as down. */
const PROBE_LIMIT = seconds(1)
/** Jobs that wait longer than this mean that nobody works. */
const LAG_LIMIT = minutes(5)
/** Free bytes below which the disk is nearly full. */
const DISK_BYTES = 500 * 1024 * 1024

export interface Check extends HealthReport {
  name: string
  /** Milliseconds the probe took. */
  latency: number
}

/** Looks at one part. Nothing new starts while the last look has not come back, however many ask. */
export type Probe = () => Promise<Check>

/** A probe for each part: only the database is needed to serve, everything else warns when it is down. */
export const probesOf = (app: App): Probe[] => [
  probe('database', 'fail', async () => {
    await app.database.ping()
    return { status: 'pass', detail: { kind: app.database.kind } }
  }),
  probe('queue', 'warn', async () => {
    const depth = await app.queue.depth()
    return { status: depth.lag > LAG_LIMIT ? 'warn' : 'pass', detail: depth }
  }),
  probe('storage', 'warn', async () => {
    await app.storage.ping()
    return { status: 'pass', detail: { driver: app.storage.driver } }
  }),
  ...(app.bus.ping ? [probe('bus', 'warn', carrier(app.bus.driver, app.bus.ping))] : []),
  probe('disk', 'warn', async () => {
    const { bavail, blocks, bsize } = await statfs(app.config.dataDir)
    const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize]
    return {
      status: freeBytes < DISK_BYTES ? 'warn' : 'pass',
      detail: { freeBytes, totalBytes },
      gauges: { disk_free_bytes: freeBytes, disk_total_bytes: totalBytes },
    }
  }),
  ...app.features.flatMap(({ name, health }) => (health ? [probe(name, 'warn', () => health(app))] : [])),
]

const carrier = (driver: string, ping: () => Promise<void>) => async (): Promise<HealthReport> => {
  await ping()
  return { status: 'pass', detail: { driver } }
}

const probe = (name: string, whenDown: 'warn' | 'fail', look: () => Promise<HealthReport>): Probe => {
  let running: Promise<HealthReport> | undefined
  const down = (output: string): HealthReport => ({ status: whenDown, detail: { output } })

  return async () => {
    const startedAt = performance.now()
    running ??= Promise.resolve()
      .then(look)
      .catch((error: unknown) => down(error instanceof Error ? error.message.slice(0, 200) : 'failed'))
      .finally(() => {
        running = undefined
      })
    const report = await within(PROBE_LIMIT, running, () => down(`no answer within ${PROBE_LIMIT} ms`))
    return { name, latency: Math.round(performance.now() - startedAt), ...report }
  }
}

const within = async <T>(limit: number, work: Promise<T>, otherwise: () => T): Promise<T> => {
  let timer: Timer | undefined
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise()), limit)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
