import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { ownVersions } from '../contenders'
import { addCrowd, crowd } from '../crowd'
import { withServers } from '../harness'
import { keel, prepareKeel, signIn } from '../keel'
import type { Suite } from '../suite'

const PEOPLE = 1_000_000
const SEED = 42
/** People who are erased in one run, and what each of them has. */
const LEAVING = 5
const EACH = { events: 20_000, notifications: 2_000, emails: 2_000, files: 1_000, sessions: 500 }
const IDLE_SECONDS = 5
const GIVE_UP = 120_000
const MAX_WAIT = 50

export const erasure: Suite = {
  summary: 'what others wait for while people who did a lot are erased, among 1,000,000',
  async run({ workdir, profileDir, say }) {
    const prepared = await prepareKeel(workdir)
    say(`adding ${PEOPLE.toLocaleString('en')} people`)
    addCrowd(prepared.dataDir, PEOPLE, crowd(SEED))
    say(`giving ${LEAVING} of them a past`)
    const leaving = addPast(prepared.dataDir)
    const own = keel(prepared, profileDir)
    const server = { ...own, env: { ...own.env, RATE_LIMIT: 'off' } }
    return await withServers([server], workdir, async ([running]) => {
      if (!running) throw new Error('Keel did not start')
      const api = `http://127.0.0.1:${running.port}/api/v1`
      const headers = {
        authorization: `Bearer ${await signIn(`http://127.0.0.1:${running.port}`)}`,
        'content-type': 'application/json',
      }
      const ask = async (path: string, init: RequestInit = {}) => {
        const began = performance.now()
        const response = await fetch(api + path, { ...init, headers })
        await response.arrayBuffer()
        return { status: response.status, took: performance.now() - began }
      }
      const read = () => ask('/users/me')
      let n = 0
      const write = () => ask('/users/me', { method: 'PATCH', body: JSON.stringify({ name: `Ada ${n++}` }) })
      /** One client that reads and one that writes, each as soon as it has its answer. */
      const during = async (over: () => boolean) => {
        const times: Record<'read' | 'write', number[]> = { read: [], write: [] }
        const client = async (kind: 'read' | 'write', send: typeof read) => {
          while (!over()) {
            const { status, took } = await send()
            if (status !== 200) throw new Error(`Keel answered with ${status}`)
            times[kind].push(took)
          }
        }
        await Promise.all([client('read', read), client('write', write)])
        return times
      }
      const left = async () => {
        const found = await Promise.all(leaving.map((id) => ask(`/admin/users/${id}`)))
        return found.some(({ status }) => status !== 404)
      }

      for (let i = 0; i < 200; i++) await Promise.all([read(), write()])
      say('without an erasure')
      const quietUntil = performance.now() + IDLE_SECONDS * 1000
      const quiet = await during(() => performance.now() > quietUntil)
      say(`erasing ${LEAVING} people`)
      const began = performance.now()
      let over = false
      const busy = during(() => over)
      const ordered = await ask('/admin/schedules/users.erase-due/run', { method: 'POST' })
      if (ordered.status !== 202) throw new Error(`Keel answered the order with ${ordered.status}`)
      while (await left()) {
        if (performance.now() - began > GIVE_UP) throw new Error('They were not erased in time')
        await Bun.sleep(100)
      }
      const took = performance.now() - began
      over = true
      const times = await busy

      const line = (what: string, all: readonly number[]) => [
        what,
        ...[0.5, 0.99, 1].map((part) => at(all, part).toFixed(1)),
      ]
      const longest = Math.max(at(times.read, 1), at(times.write, 1))
      const idle = Math.max(at(quiet.read, 1), at(quiet.write, 1))
      const rows = Object.entries(EACH).map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
      return {
        suite: 'erasure',
        title: `Erasing people among ${PEOPLE.toLocaleString('en')}`,
        notes: [
          `${LEAVING} people with ${rows.join(', ')} each are erased by the schedule, in ${(took / 1000).toFixed(1)} s. Meanwhile one client reads its profile and one changes it, each as soon as it has its answer.`,
        ],
        versions: ownVersions(),
        columns: ['what', 'median ms', 'p99 ms', 'longest ms'],
        rows: [
          line('read, nobody is erased', quiet.read),
          line('write, nobody is erased', quiet.write),
          line('read, people are erased', times.read),
          line('write, people are erased', times.write),
        ],
        targets: [
          {
            promise: `an erasure keeps no other request waiting for more than ${MAX_WAIT} ms`,
            measured: `${longest.toFixed(0)} ms; ${idle.toFixed(0)} ms without one`,
            holds: longest <= MAX_WAIT,
          },
        ],
      }
    })
  },
}

/** The value below which that part of all lies. */
const at = (all: readonly number[], part: number) =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * part))] ?? 0

/** Gives some people rows of every kind that there may be many of, and lets their grace be over. Returns their ids. */
const addPast = (dataDir: string): string[] => {
  const db = new Database(join(dataDir, 'keel.db'))
  db.run('PRAGMA synchronous = OFF')
  const people = db
    .query<{ id: string }, [number]>("SELECT id FROM users WHERE role = 'user' ORDER BY created_at LIMIT ?")
    .all(LEAVING)
  const ids = people.map(({ id }) => id)
  const series = (count: number) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
  // The chain of hashes is not looked at here, so these rows have none.
  const statements = [
    `${series(EACH.events)} INSERT INTO events (seq, id, type, outcome, actor_type, actor_id, subject_type, subject_id, user_id,
        created_at, payload, content_salt, content_digest, ip, user_agent, origin_salt, origin_digest, prev_hash, hash)
      SELECT (SELECT max(seq) FROM events) + i, ?1 || '-' || i, 'user.updated', 'success', 'user', ?1, 'user', ?1, ?1, i,
        '{"userId":"' || ?1 || '","fields":["name"]}', 's', 'd', '203.0.113.7', 'Firefox on Linux', 's', 'd', 'h', 'h' FROM n`,
    `${series(EACH.notifications)} INSERT INTO notifications (id, user_id, event_id, type, category, title, in_app, created_at)
      SELECT ?1 || '-' || i, ?1, 'e' || i, 'user.updated', 'account', 'Your profile was changed', 1, i FROM n`,
    `${series(EACH.emails)} INSERT INTO emails (id, template, user_id, recipient, subject, status, created_at)
      SELECT ?1 || '-' || i, 'welcome', ?1, 'somebody@example.com', 'Welcome', 'sent', i FROM n`,
    `${series(EACH.files)} INSERT INTO files (id, owner_id, name, mime_type, size, visibility, status, created_at)
      SELECT ?1 || '-' || i, ?1, 'letter.txt', 'text/plain', 1, 'private', 'ready', i FROM n`,
    `${series(EACH.sessions)} INSERT INTO sessions (id, user_id, created_at, last_seen_at, proved_at, expires_at, revoked_at)
      SELECT ?1 || '-' || i, ?1, i, i, i, i, i FROM n`,
    'UPDATE users SET deletion_scheduled_at = 1 WHERE id = ?1',
  ]
  const give = db.transaction((id: string) => {
    for (const statement of statements) db.query(statement).run(id)
  })
  for (const id of ids) give(id)
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  return ids
}
