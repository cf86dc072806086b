import sharp from 'sharp'
import { ownVersions } from '../contenders'
import { median, type Running, withServers } from '../harness'
import { keel, prepareKeel } from '../keel'
import { HEIGHT, photograph, WIDTH } from '../photograph'
import type { Suite } from '../suite'

const UPLOADS = 20
const MAX_VERSUS_SHARP = 1.2
const MAX_HEALTH_MS = 250
const MAX_MEGABYTES = 450
const HEALTH_INTERVAL = 5

type Bytes = Uint8Array<ArrayBuffer>

/** The same two pictures with nothing around it. */
const bare = async (original: Bytes) => {
  for (const side of [256, 1024])
    await sharp(original)
      .autoOrient()
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer()
}

const milliseconds = async (work: () => Promise<unknown>) => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const api = ({ port, contender }: Running) => {
  const url = `http://127.0.0.1:${port}/api/v1`
  const ask = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(url + path, { ...init, headers: contender.headers })
    if (!reply.ok) throw new Error(`Keel answered ${path} with ${reply.status}: ${await reply.text()}`)
    return reply
  }
  const upload = async (photo: Bytes): Promise<string> => {
    const body = new FormData()
    body.set('file', new File([photo], 'photo.jpg'))
    const { id } = await (await ask('/upload', { method: 'POST', body })).json()
    return id
  }
  const content = async (id: string, query = '') => (await ask(`/files/${id}/content${query}`)).bytes()
  return { upload, content }
}

/** Asks for health until told to stop; how long each answer took, and the most memory seen. */
const watch = (server: Running) => {
  const took: number[] = []
  let memory = 0
  let over = false
  const run = async () => {
    while (!over) {
      took.push(await milliseconds(async () => (await fetch(`http://127.0.0.1:${server.port}/health/live`)).text()))
      memory = Math.max(memory, server.memory())
      await Bun.sleep(HEALTH_INTERVAL)
    }
    const sorted = took.toSorted((a, b) => a - b)
    return { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, megabytes: memory / 1e6, asked: sorted.length }
  }
  const running = run()
  return () => {
    over = true
    return running
  }
}

export const images: Suite = {
  summary: '12-megapixel pictures: two variants beside bare sharp, and what others notice of 20 uploads',
  async run({ workdir, profileDir, rounds, say }) {
    sharp.concurrency(1)
    sharp.cache(false)
    const photo = await photograph()
    say('setting up a database through the API')
    // Variants are made when they are asked for, not by a job before: this process only serves.
    const prepared = await prepareKeel(workdir)
    const own = { ...keel(prepared, profileDir) }
    const quiet = { ...own, name: 'Keel (serving only)', env: { ...own.env, MODE: 'server' } }
    const measured = await withServers([quiet], workdir, async ([server]) => {
      if (!server) throw new Error('Keel did not start')
      const { upload, content } = api(server)
      const ours: number[] = []
      const theirs: number[] = []
      for (let round = 0; round <= rounds; round++) {
        const id = await upload(photo)
        const original = await content(id)
        const first = await milliseconds(() => content(id, '?variant=thumb').then(() => content(id, '?variant=medium')))
        const second = await milliseconds(() => bare(original))
        // The first round loads the library.
        if (round > 0) {
          ours.push(first)
          theirs.push(second)
        }
      }
      return { ours: median(ours), theirs: median(theirs) }
    })
    say(`${UPLOADS} uploads at once`)
    const crowd = await withServers([own], workdir, async ([server]) => {
      if (!server) throw new Error('Keel did not start')
      const { upload, content } = api(server)
      const stop = watch(server)
      const took = await milliseconds(async () => {
        const ids = await Promise.all(Array.from({ length: UPLOADS }, () => upload(photo)))
        for (const id of ids) await content(id, '?variant=thumb')
      })
      return { took, ...(await stop()) }
    })
    const ratio = measured.ours / measured.theirs
    const size = (photo.length / 1e6).toFixed(1)
    return {
      suite: 'images',
      title: 'pictures',
      notes: [
        `A JPEG of ${WIDTH} × ${HEIGHT} pixels and ${size} MB. Variants: the first request for the smaller one until both are here, over HTTP, from disk to disk, beside sharp alone making the same two from memory.`,
        `Crowd: ${UPLOADS} uploads at once until every picture is made anew and both variants are there, ${crowd.asked} times asked for health meanwhile.`,
      ],
      versions: { ...ownVersions(), sharp: sharp.versions.sharp ?? '' },
      columns: ['what', 'Keel', 'sharp alone'],
      rows: [
        ['two WebP variants, ms', measured.ours.toFixed(0), measured.theirs.toFixed(0)],
        [`${UPLOADS} uploads with variants, ms`, crowd.took.toFixed(0), ''],
        ['health p99 meanwhile, ms', crowd.p99.toFixed(1), ''],
        ['most memory meanwhile, MB', crowd.megabytes.toFixed(0), ''],
      ],
      targets: [
        {
          promise: `two variants within ${MAX_VERSUS_SHARP} × of sharp alone`,
          measured: `${ratio.toFixed(2)} ×`,
          holds: ratio <= MAX_VERSUS_SHARP,
        },
        {
          promise: `health p99 below ${MAX_HEALTH_MS} ms while ${UPLOADS} pictures come in`,
          measured: `${crowd.p99.toFixed(1)} ms`,
          holds: crowd.p99 < MAX_HEALTH_MS,
        },
        {
          promise: `memory below ${MAX_MEGABYTES} MB meanwhile`,
          measured: `${crowd.megabytes.toFixed(0)} MB`,
          holds: crowd.megabytes < MAX_MEGABYTES,
        },
      ],
    }
  },
}
