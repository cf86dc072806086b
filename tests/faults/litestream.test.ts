import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { systemContext } from '#core'
import { pack } from '#features/backups'
import { type TestApp, testApp } from '#tests'
import { hasS3, s3Server } from '../support/s3'
import { SECRET, startServer } from '../support/server'
import { tempFolder } from '../support/temp'

const ROOT = join(import.meta.dir, '../..')
// A development dependency brings it. What its package calls `litestream` always ends with 0: this is the program itself.
const LITESTREAM = join(ROOT, `node_modules/@flydotio/litestream-${process.platform}-${process.arch}/litestream`)
const ADMIN = { email: 'ada@example.com', password: 'a place for boats 7' }
const WRITES = 200

const bun = [process.execPath, '--no-install']
const spawn = (command: string[], env: Record<string, string>) =>
  Bun.spawn(command, { cwd: ROOT, env: { PATH: process.env.PATH ?? '', ...env }, stdout: 'ignore', stderr: 'ignore' })

const send = async (url: string, method: string, path: string, body: unknown, token = '') => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const reply = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) })
  return { status: reply.status, json: await reply.json() }
}

/** Brings the database from the bucket to a path; true if there is one yet. */
const restored = async (env: Record<string, string>, path: string) => {
  const command = ['restore', '-config', 'deploy/litestream.yml', '-o', path, join(env.DATA_DIR ?? '', 'keel.db')]
  return (await spawn([LITESTREAM, ...command], env).exited) === 0
}

const nameIn = (path: string) => {
  const db = new Database(path, { readonly: true })
  try {
    return db.query<{ name: string }, [string]>('SELECT name FROM users WHERE email = ?').get(ADMIN.email)?.name
  } finally {
    db.close()
  }
}

describe.skipIf(!hasS3 || !existsSync(LITESTREAM))('with Litestream', () => {
  // bar 217
  test('nothing that was replicated is lost with the volume, and no write fails beside it', async () => {
    const folder = tempFolder()
    const bucket = await (await s3Server()).bucket()
    const DATA_DIR = join(folder.path, 'data')
    const server = { DATA_DIR, SECRET_KEY: SECRET, LITESTREAM: 'on', RATE_LIMIT: 'off', LOG_LEVEL: 'silent' }
    const env = { ...bucket, LITESTREAM_BUCKET: bucket.S3_BUCKET, DATA_DIR }
    const person = ['--email', ADMIN.email, '--password', ADMIN.password]
    expect(await spawn([...bun, 'scripts/create-admin.ts', ...person], server).exited).toBe(0)
    let { url, kill } = await startServer(server)
    const litestream = spawn([LITESTREAM, 'replicate', '-config', 'deploy/litestream.yml'], env)
    try {
      const token = (await send(url, 'POST', '/auth/login', ADMIN)).json.accessToken
      for (let n = 1; n <= WRITES; n++)
        expect((await send(url, 'PATCH', '/users/me', { name: `Ada ${n}` }, token)).status).toBe(200)
      // It sends what has changed once a second.
      const look = (n: number) => join(folder.path, `look-${n}.db`)
      let seen = 0
      while (!(await restored(env, look(++seen))) || nameIn(look(seen)) !== `Ada ${WRITES}`)
        if (seen === 60) throw new Error('It was never replicated')
      litestream.kill('SIGKILL')
      await kill('SIGKILL')
      rmSync(DATA_DIR, { recursive: true })
      expect(await restored(env, join(DATA_DIR, 'keel.db'))).toBe(true)
      ;({ url, kill } = await startServer(server))
      const again = await send(url, 'POST', '/auth/login', ADMIN)
      expect(again).toMatchObject({ status: 200, json: { user: { name: `Ada ${WRITES}` } } })
    } finally {
      litestream.kill('SIGKILL')
      await kill('SIGKILL')
      folder.remove()
    }
  }, 120_000)
})

test('the log is left to Litestream where it runs, and written back by the server elsewhere', async () => {
  const logAfterWrites = async (env: Record<string, string>, before?: (kit: TestApp) => Promise<unknown>) => {
    const kit = await testApp({ env })
    await before?.(kit)
    const { app, config } = kit
    for (let n = 0; n < 80; n++)
      await app.database.transaction(
        async (tx) => void (await tx.run(sql`INSERT INTO erasures VALUES (${`${n}`.repeat(50_000)}, 0)`)),
        { bookkeeping: true },
      )
    return statSync(join(config.dataDir, 'keel.db-wal')).size
  }
  expect(await logAfterWrites({})).toBeLessThan(6_000_000)
  // While a backup reads it is left to the process that makes it, and only then.
  expect(
    await logAfterWrites({}, (kit) => pack(systemContext(kit.app, 'test'), join(kit.config.dataDir, 'x'))),
  ).toBeLessThan(6_000_000)
  expect(await logAfterWrites({ LITESTREAM: 'on' })).toBeGreaterThan(7_000_000)
})
