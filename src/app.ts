import { type App, type Clock, type Feature, systemClock, systemContext } from '#core'
import { openBus } from './adapters/bus/open'
import { openCache } from './adapters/cache/open'
import { openCounters } from './adapters/counters/open'
import { asideFor, openDatabase } from './adapters/database/open'
import { idempotency } from './adapters/idempotency/purge'
import { openIdempotency } from './adapters/idempotency/store'
import { sharpImages } from './adapters/images/sharp'
import { openJournal } from './adapters/journal/open'
import { openLog } from './adapters/log/open'
import type { Log } from './adapters/log/port'
import { openMailer } from './adapters/mailer/open'
import { type OutboundOptions, openOutbound } from './adapters/outbound/open'
import { argon2 } from './adapters/passwords/argon2'
import type { HashingCost } from './adapters/passwords/port'
import { openQueue } from './adapters/queue/open'
import { openRedis } from './adapters/redis/open'
import { openStorage, openVault } from './adapters/storage/open'
import { openTraces } from './adapters/traces/open'
import type { Config } from './config'
import * as list from './features'
import { mail } from './mail'

/** What a test replaces: the time it is, how hard hashing is, who resolves names, which features there are. */
export interface Overrides {
  clock?: Clock
  log?: Log
  passwordHashing?: HashingCost
  outbound?: OutboundOptions
  features?: readonly Feature[]
}

/** Builds the App from its settings: the only place that picks drivers. Migrates and seeds. */
export const openApp = async (config: Config, overrides: Overrides = {}): Promise<App> => {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? openLog(config)
  const features: readonly Feature[] = [...(overrides.features ?? Object.values(list)), mail, idempotency]
  const database = await openDatabase(config, { clock, log })
  const redis = await openRedis(config, log)
  const bus = openBus(redis, log)
  const shared = { config, database, redis, bus, log, clock, features, app: (): App => app }
  const app: App = {
    config,
    database,
    db: database.reader,
    journal: openJournal(shared),
    queue: openQueue(shared),
    cache: openCache(redis, bus),
    counters: openCounters(redis, clock),
    storage: await openStorage(config, clock),
    vault: await openVault(config, clock),
    images: sharpImages(),
    mailer: openMailer(config, clock),
    passwords: argon2(overrides.passwordHashing),
    outbound: openOutbound(config, overrides.outbound),
    idempotency: openIdempotency({ database, clock, secrets: config.secrets }),
    bus,
    redis,
    log,
    traces: await openTraces(config, log),
    clock,
    features,
    lifetime: new AbortController(),
  }
  for (const feature of features) await feature.seed?.(systemContext(app, `seed:${feature.name}`))
  return app
}

// <backups>
/** What a script needs that must not open the database: its server is down, and there may be none. */
export const openDisconnected = async (config: Config) => ({
  aside: asideFor(config),
  vault: await openVault(config, systemClock),
})
// </backups>

/** Closes what `openApp` opened, in the opposite order. Stop the queue first. */
export const closeApp = async (app: App) => {
  app.lifetime.abort()
  app.storage.close?.()
  app.vault.close?.()
  await app.cache.close()
  await app.counters.close()
  await app.bus.close()
  await app.redis?.close()
  await app.traces?.close()
  await app.database.close()
}
