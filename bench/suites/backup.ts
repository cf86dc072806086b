import { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { apiOf, backUp } from '../api'
import { ownVersions } from '../contenders'
import { crowdedKeel } from '../crowded'
import { withServers } from '../harness'
import { memoryOfAll, peakMemory } from '../memory'
import { probe } from '../probe'
import type { Suite } from '../suite'

const GIGABYTE = 1024 ** 3
const MAX_WRITE_MS = 100
/** Milliseconds between two writes, and how long they are made while nothing else happens. */
const PACE = 10
const IDLE = 5_000

/** Random bytes in a table of their own until the database is as large as it should be. Call it while Keel is stopped. */
const fillUp = (dataDir: string, bytes: number) => {
  const path = join(dataDir, 'keel.db')
  const db = new Database(path)
  db.run('CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)')
  const missing = Math.max(0, bytes - statSync(path).size)
  const rows = Math.ceil(missing / 4096)
  db.run(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO ballast SELECT randomblob(4000) FROM n',
    [Math.max(1, rows)],
  )
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  return statSync(path).size
}

export const backup: Suite = {
  summary: 'a backup of a database of 1 GB, and what those notice who write meanwhile',
  async run(setup) {
    const { workdir, say } = setup
    const server = await crowdedKeel(setup)
    const size = fillUp(server.dataDir, GIGABYTE)
    return await withServers([server], workdir, async ([running]) => {
      if (!running) throw new Error('Keel did not start')
      const api = await apiOf(running)
      const writing = () =>
        probe({
          url: `${api.url}/users/me`,
          method: 'PATCH',
          headers: { ...api.headers, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'Ada Lovelace' }),
          interval: PACE,
        })
      say('at rest')
      const resting = writing()
      await Bun.sleep(IDLE)
      const idle = await resting()
      const before = memoryOfAll(running.pid)
      say('a backup')
      const stop = writing()
      const peak = peakMemory(running.pid)
      const began = performance.now()
      const made = await backUp(api)
      const took = (performance.now() - began) / 1000
      const memory = peak() - before
      const written = await stop()
      say('verifying it')
      const { verified } = await api.ask('POST', `/admin/backups/${made.id}/verify`)
      if (!verified) throw new Error('The backup is not whole')
      const failed = written.asked - (written.statuses['200'] ?? 0)
      const line = (what: string, { asked, p50, p99, max }: typeof idle, seconds = '', more = '') => [
        what,
        seconds,
        String(asked),
        p50.toFixed(1),
        p99.toFixed(1),
        max.toFixed(1),
        more,
      ]
      return {
        suite: 'backup',
        title: `a database of ${(size / GIGABYTE).toFixed(2)} GB`,
        notes: [
          'From the request until the backup is stored on the same disk: copied, checked, compressed, hashed. It is opened and checked again afterwards.',
          `Meanwhile another process changes a profile every ${PACE} ms. Memory is of the server and its child process together, above what the server takes at rest.`,
        ],
        versions: ownVersions(),
        columns: ['what', 'seconds', 'writes', 'p50 ms', 'p99 ms', 'longest ms', 'memory MB'],
        rows: [
          line('at rest', idle),
          line('while it is made', written, took.toFixed(1), (memory / 1e6).toFixed(0)),
          ['size of the backup, MB', (made.size / 1e6).toFixed(0), '', '', '', '', ''],
        ],
        targets: [
          { promise: 'no write fails', measured: `${failed} of ${written.asked}`, holds: failed === 0 },
          {
            promise: `p99 of writes below ${MAX_WRITE_MS} ms`,
            measured: `${written.p99.toFixed(1)} ms`,
            holds: written.p99 < MAX_WRITE_MS,
          },
        ],
      }
    })
  },
}
