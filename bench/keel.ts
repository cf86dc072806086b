import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { PATH, REQUESTS_PER_MINUTE, SECRET } from './contenders'
import { type Contender, start } from './harness'

const ROOT = join(import.meta.dir, '..')
const PASSWORD = 'correct-horse-battery-staple-42'
const PERSON = { email: 'ada@example.com', name: 'Ada Lovelace', password: PASSWORD }

/** A data folder that an earlier start has set up, and the tokens of the verified users in it (good for 15 minutes). */
export interface Prepared {
  dataDir: string
  accessToken: string
  /** One for each of those that were wanted; the first is `accessToken`. */
  accessTokens: string[]
}

interface InboxMail {
  to: string
  text: string
}

const environment = (dataDir: string) => ({
  DATA_DIR: dataDir,
  SECRET_KEY: SECRET,
  HOST: '127.0.0.1',
  // The issuer of its tokens: has to stay the same while the port changes.
  APP_URL: 'https://bench.example.com',
  RATE_LIMIT_GENERAL: `${REQUESTS_PER_MINUTE}/60`,
  LOG_LEVEL: 'info',
})

/** Keel, on a prepared data folder. With `profileDir`, Bun leaves a CPU profile there when it stops. */
export const keel = (
  { dataDir, accessToken }: Pick<Prepared, 'dataDir' | 'accessToken'>,
  profileDir?: string,
): Contender => ({
  name: 'Keel',
  command: [process.execPath, ...(profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : []), 'src/main.ts'],
  cwd: ROOT,
  env: environment(dataDir),
  path: PATH,
  headers: { authorization: `Bearer ${accessToken}` },
})

/** Sets up a database through the API, as so many people would: register, open the link in the mail, sign in. */
export const prepareKeel = async (workdir: string, people = 1): Promise<Prepared> => {
  const dataDir = mkdtempSync(join(workdir, 'keel-'))
  mkdirSync(dataDir, { recursive: true })
  const server = await start(
    {
      name: 'Keel (setting up)',
      command: [process.execPath, 'src/main.ts'],
      cwd: ROOT,
      // The inbox that shows the mail is for development.
      env: { ...environment(dataDir), NODE_ENV: 'development', RATE_LIMIT: 'off' },
      path: '/health/live',
      headers: {},
    },
    workdir,
  )
  try {
    const base = `http://127.0.0.1:${server.port}`
    const accessTokens: string[] = []
    for (let i = 0; i < people; i++) {
      const person = i === 0 ? PERSON : { email: `person-${i}@example.com`, name: `Person ${i}`, password: PASSWORD }
      await post(base, '/api/v1/auth/register', person)
      await post(base, '/api/v1/auth/verify-email', { token: await mailedToken(base, person.email) })
      accessTokens.push(await signIn(base, person))
    }
    return { dataDir, accessToken: accessTokens[0] ?? '', accessTokens }
  } finally {
    await server.stop()
  }
}

/** An access token of the prepared user, or of another one, good for 15 minutes. */
export const signIn = async (base: string, { email, password } = PERSON): Promise<string> => {
  const { accessToken } = await post(base, '/api/v1/auth/login', { email, password })
  if (typeof accessToken !== 'string') throw new Error('Keel signed in without an access token')
  return accessToken
}

const post = async (base: string, path: string, body: object): Promise<Record<string, unknown>> => {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`Keel answered ${path} with ${response.status}: ${text}`)
  return JSON.parse(text)
}

const MAIL_TRIES = 200
const MAIL_INTERVAL = 25

/** The token in the link that Keel has mailed; the mail is a job, so it takes a moment. */
const mailedToken = async (base: string, to: string): Promise<string> => {
  for (let i = 0; i < MAIL_TRIES; i++) {
    const mails: InboxMail[] = await fetch(`${base}/dev/mail.json`).then((response) => response.json())
    const token = /[?&]token=([\w.~%-]+)/.exec(mails.find((mail) => mail.to === to)?.text ?? '')?.[1]
    if (token) return decodeURIComponent(token)
    await Bun.sleep(MAIL_INTERVAL)
  }
  throw new Error('The mail with the verification link did not arrive in the development inbox')
}
