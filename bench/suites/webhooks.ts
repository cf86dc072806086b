import { ownVersions } from '../contenders'
import { percentile, start } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const EVENTS = 10_000
const HEALTHY = 9
/** Events a second: each of them is nine deliveries, and one more to the receiver that hangs. */
const PACE = 60
const MAX_P95 = 2_000
/** Milliseconds after the last event in which the last delivery has to arrive. */
const PATIENCE = 30_000

interface Receiver {
  url: string
  /** Milliseconds from the time of the event to its arrival. */
  latencies: number[]
  stop(): void
}

const healthy = (): Receiver => {
  const latencies: number[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { timestamp }: { timestamp: string } = JSON.parse(await request.text())
      latencies.push(Date.now() - Date.parse(timestamp))
      return new Response(null, { status: 204 })
    },
  })
  return { url: `http://127.0.0.1:${server.port}/`, latencies, stop: () => void server.stop(true) }
}

const hanging = () => {
  let asked = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: () => {
      asked += 1
      return new Promise<Response>(() => {})
    },
  })
  return { url: `http://127.0.0.1:${server.port}/`, asked: () => asked, stop: () => void server.stop(true) }
}

export const webhooks: Suite = {
  summary: '10,000 events to ten webhooks, one of which hangs',
  async run({ workdir, say }) {
    say('setting up a database through the API')
    const own = keel(await prepareKeel(workdir))
    const development = { NODE_ENV: 'development', WEBHOOK_ALLOW_HTTP: 'on', WEBHOOK_ALLOW_PRIVATE: 'on' }
    const server = await start({ ...own, env: { ...own.env, ...development } }, workdir)
    const receivers = Array.from({ length: HEALTHY }, healthy)
    const dead = hanging()
    try {
      const send = async (method: string, path: string, body: object) => {
        const headers = { ...own.headers, 'content-type': 'application/json' }
        const target = `http://127.0.0.1:${server.port}/api/v1${path}`
        const response = await fetch(target, { method, headers, body: JSON.stringify(body) })
        if (!response.ok) throw new Error(`Keel answered ${path} with ${response.status}: ${await response.text()}`)
        await response.arrayBuffer()
      }
      for (const { url } of [dead, ...receivers]) await send('POST', '/webhooks', { url, events: ['user.updated'] })
      say(`${EVENTS} events, ${PACE} a second`)
      const cpu = server.cpu()
      const begun = performance.now()
      const sent: Promise<void>[] = []
      for (let i = 0; i < EVENTS; i++) {
        const due = begun + (i * 1000) / PACE
        if (due > performance.now()) await Bun.sleep(due - performance.now())
        sent.push(send('PATCH', '/users/me', { name: `Ada ${i}` }))
      }
      await Promise.all(sent)
      const seconds = (performance.now() - begun) / 1000
      const missing = () => receivers.filter(({ latencies }) => latencies.length < EVENTS).length
      const last = performance.now() + PATIENCE
      while (missing() > 0 && performance.now() < last) await Bun.sleep(50)
      const busy = (server.cpu() - cpu) / ((performance.now() - begun) / 1000)
      const all = receivers.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b)
      const [p50, p95, p99] = [percentile(all, 0.5), percentile(all, 0.95), percentile(all, 0.99)]
      return {
        suite: 'webhooks',
        title: `${EVENTS.toLocaleString('en')} events to ten webhooks, one of which hangs`,
        notes: [
          `Each event is a PATCH of the profile over HTTP, ${PACE} a second (it took ${seconds.toFixed(0)} s). Nine receivers answer 204 at once; the tenth takes the request and never answers. Every delivery is signed, sent and written down one by one.`,
          'Milliseconds from the moment in the event to its arrival. Keel is one process on a SQLite file; the receivers share the machine with it.',
        ],
        versions: ownVersions(),
        columns: ['receivers', 'deliveries', 'p50 ms', 'p95 ms', 'p99 ms', 'slowest ms', 'cores of Keel'],
        rows: [
          [
            'nine that are well',
            String(all.length),
            ...[p50, p95, p99, all.at(-1) ?? 0].map((milliseconds) => milliseconds.toFixed(0)),
            busy.toFixed(2),
          ],
          ['one that hangs', String(dead.asked()), '–', '–', '–', '–', '–'],
        ],
        targets: [
          { promise: `p95 of the healthy below ${MAX_P95} ms`, measured: `${p95.toFixed(0)} ms`, holds: p95 < MAX_P95 },
          {
            promise: 'every event arrives at each of them',
            measured: `${all.length} of ${EVENTS * HEALTHY}`,
            holds: all.length === EVENTS * HEALTHY,
          },
        ],
      }
    } finally {
      for (const { stop } of [...receivers, dead]) stop()
      await server.stop()
    }
  },
}
