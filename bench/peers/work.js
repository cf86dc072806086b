// What both peers do the same way: the data, the one hot statement and the shape of the answer.
import { join } from 'node:path'
import Database from 'better-sqlite3'

const { DATA_DIR, PORT, SECRET_KEY, RATE_LIMIT_PER_MINUTE, BENCH_USER_ID, BENCH_SESSION_ID, TUNED } = process.env

export const settings = {
  port: Number(PORT),
  secret: SECRET_KEY,
  limit: Number(RATE_LIMIT_PER_MINUTE),
  /** Off: as the documentation of each library has it. On: with what somebody who has profiled it would change. */
  tuned: TUNED === 'on',
}

/** Opens the database, with its one user and session, and prepares the lookup. */
export const openDatabase = () => {
  const database = new Database(join(DATA_DIR, 'peer.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('foreign_keys = ON')
  database.exec(`
    create table if not exists users (
      id text primary key, email text not null unique, name text not null, avatar_url text,
      email_verified_at integer, role text not null, two_factor_enabled integer not null,
      created_at integer not null, updated_at integer not null
    ) strict;
    create table if not exists sessions (
      id text primary key, user_id text not null references users (id),
      created_at integer not null, expires_at integer not null, revoked_at integer
    ) strict;
  `)
  const now = Date.now()
  database
    .prepare('insert or ignore into users values (?, ?, ?, null, ?, ?, 0, ?, ?)')
    .run(BENCH_USER_ID, 'ada@example.com', 'Ada Lovelace', now, 'user', now, now)
  database
    .prepare('insert or ignore into sessions values (?, ?, ?, ?, null)')
    .run(BENCH_SESSION_ID, BENCH_USER_ID, now, now + 30 * 24 * 60 * 60 * 1000)
  return database.prepare(`
    select users.* from sessions join users on users.id = sessions.user_id
    where sessions.id = ? and sessions.user_id = ? and sessions.revoked_at is null and sessions.expires_at > ?
  `)
}

/** A row as the API answers it. */
export const profile = (row) => ({
  id: row.id,
  email: row.email,
  name: row.name,
  avatarUrl: row.avatar_url,
  emailVerified: row.email_verified_at !== null,
  role: row.role,
  twoFactorEnabled: row.two_factor_enabled === 1,
  createdAt: new Date(row.created_at).toISOString(),
  updatedAt: new Date(row.updated_at).toISOString(),
})
