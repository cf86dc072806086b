import { Database as Sqlite } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { JobStatus } from '#adapters/queue/schema'
import { tempFolder } from '../support/temp'

const JOBS = 1_000
const KILLS = 5

interface Child {
  process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  /** What it has printed so far. */
  lines: string[]
  /** Resolves when it prints no more. */
  reading: Promise<void>
  /** Resolves once it has printed a line. */
  said(line: string): Promise<void>
  /** Sends a signal, and waits for the exit code. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

let folder: ReturnType<typeof tempFolder>
const children: Child[] = []
beforeEach(() => {
  folder = tempFolder()
})
afterEach(async () => {
  for (const { process } of children.splice(0)) {
    process.kill('SIGKILL')
    await process.exited
  }
  folder.remove()
})

/** The program under `support/children/jobs.ts`. */
const child = (role: string, ...args: string[]): Child => {
  const process_ = Bun.spawn(
    [process.execPath, join(import.meta.dir, '../support/children/jobs.ts'), folder.path, role, ...args],
    { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' },
  )
  const lines: string[] = []
  const waiting: { line: string; resolve: () => void }[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of process_.stdout) {
      const parts = (rest + new TextDecoder().decode(chunk)).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      for (const { line, resolve } of waiting) if (lines.includes(line)) resolve()
    }
  })()
  const said = (line: string) =>
    lines.includes(line) ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ line, resolve }))
  const kill = async (signal: 'SIGKILL' | 'SIGTERM') => {
    process_.kill(signal)
    await process_.exited
    return process_.exitCode
  }
  const made = { process: process_, lines, reading, said, kill }
  children.push(made)
  return made
}

const finished = async ({ process, reading }: Child) => {
  await process.exited
  await reading
}

interface JobRow {
  name: string
  status: JobStatus
  attempts: number
}

/** What the tables say, read from outside. */
const look = <T>(query: string): T[] => {
  const db = new Sqlite(join(folder.path, 'keel.db'), { readonly: true })
  db.run('PRAGMA busy_timeout = 1000')
  const rows = db.query<T, []>(query).all()
  db.close()
  return rows
}
const jobRows = (name: string) => look<JobRow>(`SELECT name, status, attempts FROM jobs WHERE name = '${name}'`)
const openJobs = (except = 'none') =>
  look<JobRow>(`SELECT name, status, attempts FROM jobs WHERE status NOT IN ('done', 'dead') AND name <> '${except}'`)
const effects = () => look<{ name: string; runs: number }>('SELECT name, runs FROM effects')
const until = async (holds: () => boolean) => {
  while (!holds()) await Bun.sleep(10)
}

describe('jobs and processes that die', () => {
  // bar 182, bar 238
  test('what follows a change still happens when the process dies right after the commit', async () => {
    await finished(child('commit'))
    expect(look('SELECT n FROM changes')).toEqual([{ n: 1 }])
    expect(look('SELECT type FROM events')).toEqual([{ type: 'change.made' }])
    expect(effects()).toEqual([])
    const worker = child('work')
    await until(() => jobRows('follow').every(({ status }) => status === 'done'))
    expect(effects()).toEqual([{ name: 'follow', runs: 1 }])
    expect(await worker.kill('SIGTERM')).toBe(0)
  })

  // bar 199
  test('a job whose worker is killed is taken over within two leases, and the lost attempt counts', async () => {
    await finished(child('add', 'hang=1'))
    const first = child('work')
    await first.said('hanging 1')
    await first.kill('SIGKILL')
    const second = child('work')
    await second.said('ready')
    const since = performance.now()
    await second.said('hanging 2')
    expect(performance.now() - since).toBeLessThan(2 * 600 + 1000)
    await until(() => effects().length === 1)
    await until(() => openJobs().length === 0)
    expect(jobRows('hang')).toEqual([{ name: 'hang', status: 'done', attempts: 2 }])
  })

  // bar 200
  test('a job that kills its process ends as a dead letter, and the others go on', async () => {
    await finished(child('add', 'poison=1', 'count=100'))
    let deaths = 0
    while (openJobs().length > 0) {
      const worker = child('work')
      const died = worker.process.exited.then(() => true)
      while (!(await Promise.race([died, Bun.sleep(20).then(() => false)])) && openJobs().length > 0);
      if (openJobs().length === 0) await worker.kill('SIGTERM')
      else deaths++
    }
    expect(deaths).toBe(3)
    expect(jobRows('poison')).toEqual([{ name: 'poison', status: 'dead', attempts: 3 }])
    expect(jobRows('count').filter(({ status }) => status === 'done')).toHaveLength(100)
    expect(effects()).toHaveLength(100)
  }, 30_000)

  // bar 201
  test('a worker that is told to stop ends its jobs or hands them back, and leaves with 0', async () => {
    await finished(child('add', 'finish=1', 'polite=1', 'hang=1'))
    const worker = child('work')
    await Promise.all(['finishing', 'waiting politely', 'hanging 1'].map(worker.said))
    expect(await worker.kill('SIGTERM')).toBe(0)
    expect(jobRows('finish')).toEqual([{ name: 'finish', status: 'done', attempts: 1 }])
    expect(jobRows('polite')).toEqual([{ name: 'polite', status: 'waiting', attempts: 0 }])
    expect(jobRows('hang')).toEqual([{ name: 'hang', status: 'waiting', attempts: 0 }])
    expect(effects()).toEqual([{ name: 'finish', runs: 1 }])
  }, 15_000)

  // bar 198
  test(`of ${JOBS} jobs none is lost in ${KILLS} kills, and none runs twice but those in flight`, async () => {
    await finished(child('add', `count=${JOBS}`))
    for (let kill = 1; kill <= KILLS; kill++) {
      const worker = child('work')
      await until(() => effectCount() >= (kill * JOBS) / (KILLS + 2))
      await worker.kill('SIGKILL')
    }
    const last = child('work')
    await until(() => openJobs().length === 0)
    expect(await last.kill('SIGTERM')).toBe(0)
    const all = effects()
    expect(all).toHaveLength(JOBS)
    // At most a full queue (50) was in flight at each kill.
    expect(all.filter(({ runs }) => runs > 1).length).toBeLessThanOrEqual(KILLS * 50)
    expect(look('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  }, 60_000)

  // bar 238
  test('a change and its row in the journal are both there or neither, however the writer dies', async () => {
    for (let kill = 1; kill <= KILLS; kill++) {
      const writer = child('write')
      await until(() => writer.lines.length > 5 * kill)
      await writer.kill('SIGKILL')
      await writer.reading
      const acknowledged = Number(writer.lines.at(-1))
      const changes = look<{ n: number }>('SELECT n FROM changes ORDER BY n').map(({ n }) => n)
      const recorded = look<{ n: number }>('SELECT CAST(subject_id AS INTEGER) AS n FROM events ORDER BY n')
      expect(recorded.map(({ n }) => n)).toEqual(changes)
      expect(changes.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, k) => k + 1))
      expect(jobRows('follow')).toHaveLength(changes.length)
      const links = look(
        'SELECT seq FROM (SELECT seq, prev_hash, lag(hash) OVER (ORDER BY seq) AS last FROM events) WHERE seq > 1 AND prev_hash <> last',
      )
      expect(links).toEqual([])
    }
  }, 60_000)
})

const effectCount = () =>
  look<{ n: number }>("SELECT count(*) AS n FROM sqlite_master WHERE name = 'effects'")[0]?.n
    ? (look<{ n: number }>('SELECT count(*) AS n FROM effects')[0]?.n ?? 0)
    : 0
