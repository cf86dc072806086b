import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { JobStatus } from '#adapters/queue/schema'
import { finished, jobProcesses } from '../support/job-processes'
import { hasRedis, type RedisServer, startRedis } from '../support/services'

// What takes a minute on two idle cores is for those who ask: `FAULTS=full bun test tests/faults/jobs.test.ts`.
const [JOBS, KILLS] = process.env.FAULTS === 'full' ? [10_000, 20] : [1_000, 5]
const KILL_LIMIT = KILLS > 5 ? 600_000 : 60_000
/** Jobs that a worker runs at a time. */
const IN_FLIGHT = 50

let processes: ReturnType<typeof jobProcesses>
beforeEach(() => {
  processes = jobProcesses()
})
afterEach(() => processes.close())

const child = (role: string, ...args: string[]) => processes.child(role, ...args)
const look = <T>(query: string) => processes.look<T>(query)

interface JobRow {
  name: string
  status: JobStatus
  attempts: number
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
  test(
    `of ${JOBS} jobs none is lost in ${KILLS} kills, and none runs twice but those in flight`,
    async () => {
      await finished(child('add', `count=${JOBS}`))
      for (let kill = 1; kill <= KILLS; kill++) {
        const worker = child('work')
        await until(() => effectCount() >= (kill * JOBS) / (KILLS + 2))
        await worker.kill('SIGKILL')
      }
      const last = child('work')
      await last.said('ready')
      await until(() => openJobs().length === 0)
      expect(await last.kill('SIGTERM')).toBe(0)
      const all = effects()
      expect(all).toHaveLength(JOBS)
      expect(all.filter(({ runs }) => runs > 1).length).toBeLessThanOrEqual(KILLS * IN_FLIGHT)
      expect(look('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    },
    KILL_LIMIT,
  )

  // bar 238
  test(
    'a change and its row in the journal are both there or neither, however the writer dies',
    async () => {
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
    },
    KILL_LIMIT,
  )
})

describe.skipIf(!hasRedis)('jobs that Redis carries, and processes that die', () => {
  let redis: RedisServer
  beforeEach(async () => {
    redis = await startRedis()
    await processes.close()
    processes = jobProcesses({ REDIS_URL: redis.url })
  })
  afterEach(() => redis.stop())

  // bar 201
  test('a worker that is told to stop ends its jobs or hands them to another one, and leaves with 0', async () => {
    await finished(child('add', 'finish=1', 'hang=1'))
    const worker = child('work')
    await Promise.all(['finishing', 'hanging 1'].map(worker.said))
    expect(await worker.kill('SIGTERM')).toBe(0)
    expect(jobRows('finish')).toEqual([{ name: 'finish', status: 'done', attempts: 1 }])
    expect(jobRows('hang')).toEqual([{ name: 'hang', status: 'waiting', attempts: 0 }])
    const next = child('work')
    await next.said('hanging 1')
  }, 20_000)

  // bar 198, bar 182, bar 238
  test(
    `of ${JOBS} jobs none is lost while writers and workers are killed ${KILLS} times and Redis is flushed, killed and frozen`,
    async () => {
      const faults = [
        () => redis.send(['FLUSHALL']),
        () => redis.restart(),
        async () => {
          redis.freeze()
          await Bun.sleep(500)
          redis.thaw()
        },
      ]
      for (let kill = 1; kill <= KILLS; kill++) {
        const [writer, worker] = [child('write'), child('work')]
        await until(() => count('changes') >= (kill * JOBS) / KILLS && count('effects') >= ((kill - 1) * JOBS) / KILLS)
        await faults[kill % 4]?.()
        await Promise.all([writer.kill('SIGKILL'), worker.kill('SIGKILL')])
      }
      const last = child('work')
      await last.said('ready')
      await until(() => openJobs().length === 0)
      expect(await last.kill('SIGTERM')).toBe(0)
      const all = effects()
      expect(all).toHaveLength(count('changes'))
      expect(all.length).toBeGreaterThanOrEqual(JOBS)
      expect(all.filter(({ runs }) => runs > 1).length).toBeLessThanOrEqual(KILLS * IN_FLIGHT)
    },
    KILL_LIMIT,
  )
})

const count = (table: string) =>
  look<{ n: number }>(`SELECT count(*) AS n FROM sqlite_master WHERE name = '${table}'`)[0]?.n
    ? (look<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)[0]?.n ?? 0)
    : 0
const effectCount = () => count('effects')
