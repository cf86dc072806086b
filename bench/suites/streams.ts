import { ownVersions } from '../contenders'
import { median, percentile, type Running, withServers } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const PEOPLE = 50
const STREAMS_EACH = 20
const STREAMS = PEOPLE * STREAMS_EACH
const MAX_ROUNDS = 5
const MAX_MEGABYTES = 250
/** Streams that are opened at the same time. */
const AT_ONCE = 50
/** Milliseconds in which every stream has to begin, and every notification to arrive. */
const PATIENCE = 30_000
const SAMPLE_EVERY = 100

/** An open stream: what has come over it, and when. */
interface Stream {
  began: boolean
  text: string
  /** `Date.now()` of each notification's arrival, and its own time. */
  arrivals: { at: number; told: number }[]
}

const FRAME = /\bevent: notification\r?\ndata: (\{.*\})\r?\n/g

/** Notes what has arrived, and keeps the beginning of a frame that is not whole yet. */
const take = (stream: Stream, chunk: string) => {
  const at = Date.now()
  stream.text += chunk
  stream.began ||= stream.text.includes('retry: ')
  for (const [, json = ''] of stream.text.matchAll(FRAME)) {
    const { createdAt }: { createdAt: string } = JSON.parse(json)
    stream.arrivals.push({ at, told: Date.parse(createdAt) })
  }
  stream.text = stream.text.slice(Math.max(0, stream.text.lastIndexOf('\n\n')))
}

/** Sockets of our own: a client's pool would open a fraction of these. */
const openStream = async (port: number, accessToken: string): Promise<Stream> => {
  const stream: Stream = { began: false, text: '', arrivals: [] }
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) =>
        void socket.write(
          `GET /api/v1/notifications/stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${accessToken}\r\n\r\n`,
        ),
      data: (_socket, chunk) => take(stream, chunk.toString()),
    },
  })
  return stream
}

const until = async (what: string, holds: () => boolean) => {
  for (const last = performance.now() + PATIENCE; !holds(); await Bun.sleep(5))
    if (performance.now() > last) throw new Error(`Keel did not ${what} within ${PATIENCE / 1000} s`)
}

/** Makes an API key, of which its owner is told. */
const tell = async (server: Running, accessToken: string, round: number) => {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: `round ${round}`, scopes: [] }),
  })
  if (response.status !== 201) throw new Error(`Keel answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

export const streams: Suite = {
  summary: `${STREAMS.toLocaleString('en')} open event streams: memory, and how long a notification takes to all of them`,
  async run({ rounds: wanted, workdir, profileDir, say }) {
    const rounds = Math.min(wanted, MAX_ROUNDS)
    say(`setting up ${PEOPLE} people through the API`)
    const prepared = await prepareKeel(workdir, PEOPLE)
    return await withServers([keel(prepared, profileDir)], workdir, async ([server]) => {
      if (!server) throw new Error('Keel did not start')
      const megabytes = () => server.memory() / 1e6
      const before = megabytes()
      say(`opening ${STREAMS} streams`)
      const readers = prepared.accessTokens.flatMap((token) => Array.from({ length: STREAMS_EACH }, () => token))
      const open: Stream[] = []
      const opening = performance.now()
      while (readers.length > 0)
        open.push(...(await Promise.all(readers.splice(0, AT_ONCE).map((token) => openStream(server.port, token)))))
      await until('begin every stream', () => open.every(({ began }) => began))
      const opened = performance.now() - opening
      let peak = megabytes()
      const resting = peak
      const sampler = setInterval(() => {
        peak = Math.max(peak, megabytes())
      }, SAMPLE_EVERY)
      const cpu = server.cpu()
      const fanOuts: number[] = []
      for (let round = 1; round <= rounds; round++) {
        say(`round ${round} of ${rounds}: ${PEOPLE} notifications, each to ${STREAMS_EACH} streams`)
        await Promise.all(prepared.accessTokens.map((token) => tell(server, token, round)))
        await until('deliver every notification', () => open.every(({ arrivals }) => arrivals.length >= round))
        const latest = open.flatMap(({ arrivals }) => arrivals.slice(round - 1, round))
        fanOuts.push(Math.max(...latest.map(({ at }) => at)) - Math.min(...latest.map(({ told }) => told)))
      }
      clearInterval(sampler)
      peak = Math.max(peak, megabytes())
      const waits = open.flatMap(({ arrivals }) => arrivals.map(({ at, told }) => at - told)).toSorted((a, b) => a - b)
      const cost = ((server.cpu() - cpu) / waits.length) * 1e6
      const once = open.filter(({ arrivals }) => arrivals.length === rounds).length
      return {
        suite: 'streams',
        title: `${STREAMS.toLocaleString('en')} open event streams on one process`,
        notes: [
          `${PEOPLE} people with ${STREAMS_EACH} streams of Server-Sent Events each. In each of ${rounds} rounds all of them make an API key at the same time, of which they are told. Memory is VmRSS (1 MB is 1,000,000 bytes), the peak is the highest of samples every ${SAMPLE_EVERY} ms.`,
          `Milliseconds are from the notification's own time to its arrival at a client on the same machine; the fan-out is from the first of a round to the last arrival, with everything that leads to it: ${PEOPLE} requests, their keys, journal, jobs and mails. All streams were open after ${(opened / 1000).toFixed(1)} s.`,
        ],
        versions: ownVersions(),
        columns: ['MB before', 'MB open', 'MB peak', 'p50 ms', 'p99 ms', 'fan-out ms', 'CPU µs/arrival'],
        rows: [
          [
            before.toFixed(0),
            resting.toFixed(0),
            peak.toFixed(0),
            percentile(waits, 0.5).toFixed(0),
            percentile(waits, 0.99).toFixed(0),
            median(fanOuts).toFixed(0),
            cost.toFixed(0),
          ],
        ],
        targets: [
          {
            promise: `${STREAMS.toLocaleString('en')} streams below ${MAX_MEGABYTES} MB`,
            measured: `${peak.toFixed(0)} MB`,
            holds: peak < MAX_MEGABYTES,
          },
          {
            promise: 'every notification arrives at every stream of its person, once',
            measured: `${waits.length} of ${STREAMS * rounds}`,
            holds: once === STREAMS,
          },
        ],
      }
    })
  },
}
