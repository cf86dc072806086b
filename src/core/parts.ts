import type { App } from './app'

/** One of the things the App leans on: embedded in this process, or connected over the network. */
export interface Part {
  name: string
  connected: boolean
  /** What or where it is, as far as that may be shown: a path or a host, never a credential. */
  detail: string | null
}

/** What is embedded and what is connected. */
export const partsOf = ({ config, database, redis, storage, mailer }: App): Part[] => {
  const file = database.kind === 'file'
  const { databaseUrl } = config
  return [
    { name: 'database', connected: !file, detail: file ? databaseUrl.slice('file:'.length) : host(databaseUrl) },
    { name: 'jobs', ...carrier(redis, null) },
    { name: 'cache, limits', ...carrier(redis, 'memory') },
    { name: 'files', connected: storage.driver !== 'disk', detail: storage.driver },
    { name: 'mail', connected: mailer.driver !== 'inbox', detail: mailer.driver },
  ]
}

const carrier = (redis: App['redis'], own: string | null) =>
  redis
    ? { connected: redis.up, detail: redis.up ? 'Redis' : 'until Redis answers' }
    : { connected: false, detail: own }

const host = (url: string) => new URL(url.replace(/^libsql:/, 'https:')).host
