import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import pkg from '../package.json'
import type { Contender } from './harness'
import peers from './peers/package.json'

/** What every contender is asked. */
export const PATH = '/api/v1/users/me'
/** Far above what a round sends: the limiters count, and refuse nobody. */
export const REQUESTS_PER_MINUTE = 900_000
/** Signs the tokens of everybody. */
export const SECRET = 'b3nch-0nly-Zr8vQm2LxT5kYp9WcJ7hNd4F'

const PEERS = join(import.meta.dir, 'peers')
const USER = '019aab2e-7c3e-7000-8a51-0e7d3c1f9a42'
const SESSION = '019aab2e-7c41-7000-b0d3-5a6c1e2f8b07'

const floor = (name: string, file: string): Contender => ({
  name,
  command: [process.execPath, join(import.meta.dir, 'floors', file)],
  path: PATH,
  headers: {},
})

/** What answers a known object and does nothing else: the least that a request can cost. */
export const floors = { bun: floor('bare Bun.serve', 'bun.ts'), elysia: floor('bare Elysia', 'elysia.ts') }

/** The servers a team would write instead, doing the same work on Node. */
export interface Peers {
  fastify: Contender
  /** With its cache of verified tokens on. */
  fastifyTuned: Contender
  express: Contender
  /** With the secret as a key object. */
  expressTuned: Contender
}

/** Installs the peers on first use. Throws when they cannot run here. */
export const preparePeers = async (say: (line: string) => void): Promise<Peers> => {
  if (!Bun.which('node') || !Bun.which('npm')) throw new Error('The peers need node and npm, which are not installed')
  if (!existsSync(join(PEERS, 'node_modules/.package-lock.json'))) {
    say('installing the peers (npm ci in bench/peers; compiles better-sqlite3 where no prebuilt one is found)')
    const npm = Bun.spawn(['npm', 'ci', '--no-fund', '--no-audit'], { cwd: PEERS, stdout: 'ignore', stderr: 'inherit' })
    if ((await npm.exited) !== 0) throw new Error('npm ci in bench/peers failed')
  }
  const accessToken = await new SignJWT({ sid: SESSION })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(USER)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(SECRET))
  const peer = (name: string, file: string, tuned: 'on' | 'off'): Contender => ({
    name,
    command: ['node', file],
    cwd: PEERS,
    env: {
      SECRET_KEY: SECRET,
      RATE_LIMIT_PER_MINUTE: String(REQUESTS_PER_MINUTE),
      BENCH_USER_ID: USER,
      BENCH_SESSION_ID: SESSION,
      TUNED: tuned,
    },
    path: PATH,
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return {
    fastify: peer('Fastify', 'fastify.js', 'off'),
    fastifyTuned: peer('Fastify, tokens cached', 'fastify.js', 'on'),
    express: peer('Express', 'express.js', 'off'),
    expressTuned: peer('Express, key object', 'express.js', 'on'),
  }
}

/** What the peers ran on, for the report. */
export const peerVersions = (): Record<string, string> => {
  const { stdout } = Bun.spawnSync(['node', '--version'])
  return { node: stdout.toString().trim().replace('v', ''), ...peers.dependencies }
}

/** What Keel and the floors ran on, for the report. */
export const ownVersions = (): Record<string, string> => ({
  keel: pkg.version,
  bun: Bun.version,
  elysia: pkg.dependencies.elysia,
})
