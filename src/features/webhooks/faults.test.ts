import { Database as Sqlite } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { listening, stage, subscribe } from '../../../tests/support/webhooks'

const KILLS = 5
/** Requests to one endpoint that may be under way when a process dies. */
const IN_FLIGHT = 10

interface Child {
  process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  /** What it has printed so far. */
  lines: string[]
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

const children: Child[] = []
afterEach(async () => {
  for (const { kill } of children.splice(0)) await kill('SIGKILL')
})

/** The program under `tests/support/children/webhooks.ts`. */
const child = (dataDir: string, role: string, userId: string): Child => {
  const program = join(import.meta.dir, '../../../tests/support/children/webhooks.ts')
  const spawned = Bun.spawn([process.execPath, program, dataDir, role, userId], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines: string[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of spawned.stdout) {
      const parts = (rest + new TextDecoder().decode(chunk)).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    }
  })()
  const kill = async (signal: 'SIGKILL' | 'SIGTERM') => {
    spawned.kill(signal)
    await spawned.exited
    await reading
    return spawned.exitCode
  }
  const made = { process: spawned, lines, kill }
  children.push(made)
  return made
}

/** Somebody with an endpoint at a receiver that is well, and one at a receiver that is not there; the App is closed. */
const prepare = async () => {
  const { as, userId, app, config } = await stage()
  const server = listening()
  const { id, secret } = await subscribe(as.ada, server.url)
  await subscribe(as.ada, 'http://127.0.0.1:9/')
  await app.queue.drain(0)
  const dataDir = config.dataDir
  const look = <T>(query: string): T[] => {
    const db = new Sqlite(join(dataDir, 'keel.db'), { readonly: true })
    db.run('PRAGMA busy_timeout = 1000')
    const rows = db.query<T, []>(query).all()
    db.close()
    return rows
  }
  const happened = () => look<{ id: string }>("SELECT id FROM events WHERE type = 'thing.happened'")
  const expected = () => happened().map((event) => `msg_${event.id.replaceAll('-', '')}`)
  const unsent = () =>
    look(`SELECT id FROM webhook_deliveries WHERE webhook_id = '${id}' AND status <> 'delivered'`).length +
    look("SELECT id FROM jobs WHERE name = 'webhooks.fan-out' AND status <> 'done'").length
  return { dataDir, userId, server, secret, expected, unsent }
}

const until = async (holds: () => boolean) => {
  while (!holds()) await Bun.sleep(10)
}

// bar 182
test('what happened is sent although the process died right after the commit', async () => {
  const { dataDir, userId, server, secret, expected } = await prepare()
  const first = child(dataDir, 'commit', userId)
  await first.process.exited
  expect(first.process.signalCode).toBe('SIGKILL')
  expect(server.received).toEqual([])
  expect(expected()).toHaveLength(1)
  const second = child(dataDir, 'work', userId)
  await server.has(1)
  expect(await second.kill('SIGTERM')).toBe(0)
  expect(server.received.map(({ headers }) => headers['webhook-id'])).toEqual(expected())
  const [request] = server.received
  expect(new Webhook(secret).verify(request?.raw ?? '', request?.headers ?? {})).toMatchObject({
    type: 'thing.happened',
  })
}, 20_000)

// bar 183
test(`nothing that happened is missed in ${KILLS} kills, and nothing comes twice but what was under way`, async () => {
  const { dataDir, userId, server, expected, unsent } = await prepare()
  let acknowledged = 0
  for (let kill = 1; kill <= KILLS; kill++) {
    const one = child(dataDir, 'happen', userId)
    await until(() => one.lines.length > 40 * kill)
    await one.kill('SIGKILL')
    acknowledged += one.lines.length
  }
  const last = child(dataDir, 'work', userId)
  await until(() => unsent() === 0)
  expect(await last.kill('SIGTERM')).toBe(0)
  const ids = server.received.map(({ headers }) => headers['webhook-id'] ?? '')
  expect(expected().length).toBeGreaterThanOrEqual(acknowledged)
  expect([...new Set(ids)].sort()).toEqual(expected().sort())
  expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(KILLS * IN_FLIGHT)
}, 60_000)
