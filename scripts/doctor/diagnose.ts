import { Resolver } from 'node:dns/promises'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, ConfigError, loadConfig } from '../../src/config'
import { randomToken } from '../../src/core'
import { address, proxy } from './address'
import { backups } from './backups'
import { clock } from './clock'
import { database } from './database'
import { about, type Check, type Finding, reasonOf, type Surroundings } from './finding'
import { folder } from './folder'
import { mail } from './mail'
import { redis } from './redis'
import { running } from './running'
import { secrets } from './secrets'
import { storage } from './storage'

const ANSWER_LIMIT = 3000
const NAME_LIMIT = 2000
const MOUNTS = '/proc/self/mountinfo'

export const CHECKS: Record<string, Check> = {
  'data folder': folder,
  secrets,
  database,
  clock,
  address,
  proxy,
  mail,
  redis,
  storage,
  // <backups>
  backups,
  // </backups>
  server: running,
}

/** What this machine really has. */
export const surroundings = (env: Surroundings['env']): Surroundings => ({
  env,
  resolver: new Resolver({ timeout: NAME_LIMIT, tries: 2 }),
  now: () => new Date(),
  mounts: () => (existsSync(MOUNTS) ? readFileSync(MOUNTS, 'utf8') : ''),
  space: (path) => {
    const { bavail, blocks, bsize } = statfsSync(path)
    return { free: bavail * bsize, total: blocks * bsize }
  },
  fetch: (url) => fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_LIMIT) }),
})

/** Looks at everything. Settings that do not fit end it: nothing else can be looked at without them. */
export const diagnose = async (around: Surroundings): Promise<Finding[]> => {
  const config = settings(around.env)
  if (config instanceof ConfigError)
    return config.problems.map((problem) =>
      about('settings').error(problem, 'docs/guide/configuration.md says what it means.'),
    )
  const found = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => {
      try {
        return await check({ ...around, config })
      } catch (problem) {
        return [about(name).error(`The check itself failed: ${reasonOf(problem)}`, 'Report it with this line.')]
      }
    }),
  )
  return found.flat()
}

/** Looking must not make the secret that the first start in development makes. */
const settings = (env: Surroundings['env']): Config | ConfigError => {
  const made = existsSync(join(resolve(env.DATA_DIR ?? './data'), 'secret.key'))
  const first = env.NODE_ENV !== 'production' && !env.SECRET_KEY && !made
  try {
    return loadConfig(first ? { ...env, SECRET_KEY: randomToken(48) } : env)
  } catch (problem) {
    if (problem instanceof ConfigError) return problem
    throw problem
  }
}
