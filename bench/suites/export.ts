import { apiOf, exportPeople } from '../api'
import { ownVersions } from '../contenders'
import { crowdedKeel, PEOPLE } from '../crowded'
import { withServers } from '../harness'
import { memoryOfAll, peakMemory } from '../memory'
import { type Probed, probe } from '../probe'
import type { Suite } from '../suite'

const FORMATS = ['csv', 'ndjson', 'json'] as const
const MAX_MEGABYTES = 80
const MAX_FACTOR = 2
const MIN_ROWS = 150_000
/** Milliseconds between two questions, and how long they are asked while nothing else happens. */
const PACE = 5
const IDLE = 8_000

export const exporting: Suite = {
  summary: `${PEOPLE.toLocaleString('en')} people into a file: rows a second, memory, and what others notice`,
  async run(setup) {
    const { workdir, say } = setup
    const server = await crowdedKeel(setup)
    return await withServers([server], workdir, async ([running]) => {
      if (!running) throw new Error('Keel did not start')
      const api = await apiOf(running)
      const asking = () => probe({ url: `${api.url}/users/me`, headers: api.headers, interval: PACE })
      say('at rest')
      const resting = asking()
      await Bun.sleep(IDLE)
      const idle = await resting()
      const before = memoryOfAll(running.pid)
      const rows: string[][] = [['at rest', '', '', idle.p50.toFixed(2), idle.p99.toFixed(2), mega(0)]]
      const seen: { rate: number; p99: number; memory: number }[] = []
      for (const format of FORMATS) {
        say(format)
        const stop = asking()
        const peak = peakMemory(running.pid)
        const began = performance.now()
        const made = await exportPeople(api, format)
        const took = (performance.now() - began) / 1000
        const memory = peak() - before
        const probed: Probed = await stop()
        if (made.rows < PEOPLE) throw new Error(`Only ${made.rows} people are in it`)
        const rate = made.rows / took
        seen.push({ rate, p99: probed.p99, memory })
        const thousands = Math.round(rate).toLocaleString('en')
        rows.push([format, took.toFixed(1), thousands, probed.p50.toFixed(2), probed.p99.toFixed(2), mega(memory)])
      }
      const [csv] = seen
      const rate = csv?.rate ?? 0
      const memory = Math.max(...seen.map((each) => each.memory))
      const factor = Math.max(...seen.map(({ p99 }) => p99)) / idle.p99
      return {
        suite: 'export',
        title: `${PEOPLE.toLocaleString('en')} people into a file`,
        notes: [
          'From the request until the file can be downloaded, over HTTP, all columns, stored on disk.',
          `Meanwhile another process asks for \`/users/me\` every ${PACE} ms. Memory is of the server and its child process together, above what the server takes at rest; what they share counts once.`,
        ],
        versions: ownVersions(),
        columns: ['what', 'seconds', 'rows a second', 'p50 ms', 'p99 ms', 'memory MB'],
        rows,
        targets: [
          {
            promise: `CSV at ${MIN_ROWS.toLocaleString('en')} rows a second`,
            measured: Math.round(rate).toLocaleString('en'),
            holds: rate >= MIN_ROWS,
          },
          {
            promise: `at most ${MAX_MEGABYTES} MB above rest`,
            measured: `${mega(memory)} MB`,
            holds: memory / 1e6 <= MAX_MEGABYTES,
          },
          {
            promise: `p99 of others within ${MAX_FACTOR} × of rest`,
            measured: `${factor.toFixed(2)} ×`,
            holds: factor <= MAX_FACTOR,
          },
        ],
      }
    })
  },
}

const mega = (bytes: number) => (bytes / 1e6).toFixed(0)
