import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HashingCost } from '#adapters/passwords/port'
import type { App, Feature } from '#core'
import { createApi } from '../../src/api'
import { closeApp, type Overrides, openApp } from '../../src/app'
import { type Config, loadConfig } from '../../src/config'
import { type Person, personOf, type Traits } from './cast'
import { type Client, client, type Reply } from './client'
import { type MoveableClock, moveableClock } from './clock'
import { type Listening, listen } from './listen'
import { type Mailbox, mailbox } from './mail'
import { remember } from './opened'
import { type Runner, race } from './race'
import { tempFolder } from './temp'

export interface TestOptions {
  /** Settings, named as in the environment; nothing else of the environment is read. */
  env?: Record<string, string>
  /** The features there are; all unless told. */
  features?: readonly Feature[]
  clock?: MoveableClock
  /** Where log lines go; nowhere unless told. Set `LOG_LEVEL` in `env` too. */
  log?: App['log']
  /** Who resolves the names of receivers, and how long they may take. */
  outbound?: Overrides['outbound']
  /** What a password hash costs; next to nothing unless told. `RECOMMENDED` is what production does. */
  hashing?: HashingCost
  /** Stays open after the test: for `beforeAll`. Closed at the end of the run. */
  shared?: boolean
}

export interface TestApp {
  app: App
  api: ReturnType<typeof createApi>
  config: Config
  clock: MoveableClock
  mail: Mailbox
  /** People that sign up, verify and sign in through the API with their first request. `admin` has that role. */
  as: { ada: Person; bob: Person; admin: Person }
  /** Somebody else: `person('carol', { verified: false })`. The same name is the same person. */
  person(name: string, traits?: Traits): Person
  /** Somebody new: for tests that share an app. */
  someone(traits?: Traits): Person
  /** A stranger. */
  anon: Client
  /** A stranger outside `/api`: `outside.get('/health/live')`. */
  outside: Client
  /** Whoever holds this API key. */
  withKey(secret: string): Client
  /** Whoever holds this access token. */
  withToken(accessToken: string): Client
  /** Runs every job that is due; the number that ran. */
  runJobs(): Promise<number>
  /** Serves the API on a free port, once. */
  listen(): Listening
  /** `n` requests whose last bytes are sent together, over sockets to a real server. */
  race(n: number, runner: (i: number) => Runner): Promise<Reply[]>
  /** Called after the test by itself. */
  close(): Promise<void>
}

const SECRET = 'for tests only: 0123456789abcdef0123456789abcdef'
/** Argon2id at its cheapest: 0.07 ms. */
const CHEAP = { memoryCost: 8, timeCost: 1 }

/** The real App on a database of its own, with a clock that can be moved. Costs a few milliseconds. */
export const testApp = async (options: TestOptions = {}): Promise<TestApp> => {
  const folder = tempFolder()
  const config = configOf(folder.path, options.env)
  const clock = options.clock ?? moveableClock()
  if (config.databaseUrl.startsWith('file:')) await copyTemplate(folder.path)
  const { features, log, outbound } = options
  const app = await openApp(config, {
    clock,
    passwordHashing: options.hashing ?? CHEAP,
    ...(features && { features }),
    ...(log && { log }),
    ...(outbound && { outbound }),
  })
  const api = createApi(app)
  const mail = mailbox(app)

  // Everybody comes from an address of their own, so that limits by address do not meet.
  let addresses = 0
  const caller = (credentials: Record<string, string> = {}) => {
    addresses += 1
    return {
      fetch: api.fetch,
      origin: config.appUrl,
      base: '/api/v1',
      address: `198.51.${100 + (addresses >> 8)}.${addresses & 255}`,
      credentials: () => credentials,
    }
  }
  const people = new Map<string, Person>()
  const person = (name: string, traits?: Traits) => {
    const known = people.get(name) ?? personOf(app, caller(), mail, name, traits)
    people.set(name, known)
    return known
  }
  let listening: Listening | undefined
  const open = () => (listening ??= listen(app, api))
  let closed: Promise<void> | undefined
  const shut = async () => {
    await listening?.stop()
    await app.queue.drain(0)
    await closeApp(app)
    folder.remove()
  }
  const close = () => (closed ??= shut())
  remember({ close, shared: options.shared ?? false })

  return {
    app,
    api,
    config,
    clock,
    mail,
    as: {
      get ada() {
        return person('ada')
      },
      get bob() {
        return person('bob')
      },
      get admin() {
        return person('admin', { role: 'admin' })
      },
    },
    person,
    someone: (traits) => person(`someone${people.size}`, traits),
    anon: client(caller()),
    outside: client({ ...caller(), base: '' }),
    withKey: (secret) => client(caller({ 'x-api-key': secret })),
    withToken: (accessToken) => client(caller({ authorization: `Bearer ${accessToken}` })),
    runJobs: () => app.queue.runDue(),
    listen: open,
    race: (n, runner) => race(open().port, n, runner),
    close,
  }
}

/**
 * One test app for tests that leave nothing behind for each other; made when the first one asks. Each time `as.ada` and
 * `as.bob` are somebody new, so that nobody meets what another test has done to them.
 */
export const sharedApp = (options: Omit<TestOptions, 'shared'> = {}): (() => Promise<TestApp>) => {
  let made: Promise<TestApp> | undefined
  return async () => {
    made ??= testApp({ ...options, shared: true })
    const house = await made
    const { admin } = house.as
    return { ...house, as: { ada: house.someone(), bob: house.someone(), admin } }
  }
}

const configOf = (dataDir: string, env: Record<string, string> = {}) =>
  loadConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    // Not the project's own: some tests look for it.
    APP_NAME: 'Keel',
    SECRET_KEY: SECRET,
    APP_URL: 'http://localhost:3000',
    ...env,
  })

const DATABASE_FILE = 'keel.db'
let template: Promise<string> | undefined

/** Migrating and seeding is done once per run; every test gets a copy. */
const copyTemplate = async (folder: string) => {
  template ??= makeTemplate()
  const path = await template
  for (const suffix of ['', '-wal']) {
    const file = join(path, DATABASE_FILE + suffix)
    if (existsSync(file)) copyFileSync(file, join(folder, DATABASE_FILE + suffix))
  }
}

const makeTemplate = async () => {
  const folder = tempFolder('keel-template-')
  process.once('exit', () => rmSync(folder.path, { recursive: true, force: true }))
  await closeApp(await openApp(configOf(folder.path), { passwordHashing: CHEAP }))
  return folder.path
}
