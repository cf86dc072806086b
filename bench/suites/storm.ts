import { type Api, apiOf, backUp, exportPeople } from '../api'
import { ownVersions } from '../contenders'
import { crowdedKeel } from '../crowded'
import { withServers } from '../harness'
import { signIn } from '../keel'
import { photograph } from '../photograph'
import { probe } from '../probe'
import type { Suite } from '../suite'

const MAX_READ_MS = 25
/** Milliseconds between two reads. */
const PACE = 5
const STORM = 10_000
/** How many do it again and again, each without a pause. */
const SIGN_INS = 6
const UPLOADS = 3

/** Does something again and again for a while; how often it was done. What is shed is not counted. */
const again = async (until: number, work: () => Promise<unknown>) => {
  let [done, refused] = [0, 0]
  while (performance.now() < until) {
    try {
      await work()
      done += 1
    } catch (error) {
      if (!String(error).includes('503')) throw error
      refused += 1
      await Bun.sleep(PACE)
    }
  }
  return { done, refused }
}

const uploading = (api: Api, photo: Uint8Array<ArrayBuffer>) => {
  const body = new FormData()
  body.set('file', new File([photo], 'photo.jpg'))
  return api.ask('POST', '/upload', body)
}

/** Signed out again: of more than 50 sessions the oldest would end, and that is the one that makes the storm. */
const signInAndOut = async (base: string) => {
  const authorization = `Bearer ${await signIn(base)}`
  const reply = await fetch(`${base}/api/v1/auth/logout`, { method: 'POST', headers: { authorization } })
  if (!reply.ok) throw new Error(`Keel answered the signing out with ${reply.status}`)
}

const sum = (all: { done: number; refused: number }[]) => ({
  done: all.reduce((total, { done }) => total + done, 0),
  refused: all.reduce((total, { refused }) => total + refused, 0),
})

export const storm: Suite = {
  summary: 'sign-ins, an export, a backup and pictures at once, and what those notice who only read',
  async run(setup) {
    const { workdir, say } = setup
    const server = await crowdedKeel(setup)
    const photo = await photograph()
    return await withServers([server], workdir, async ([running]) => {
      if (!running) throw new Error('Keel did not start')
      const api = await apiOf(running)
      const reading = () => probe({ url: `${api.url}/users/me`, headers: api.headers, interval: PACE })
      say('at rest')
      const resting = reading()
      await Bun.sleep(STORM / 2)
      const idle = await resting()
      say('the storm')
      const stop = reading()
      const until = performance.now() + STORM
      const base = `http://127.0.0.1:${running.port}`
      const many = async (n: number, work: () => Promise<unknown>) =>
        sum(await Promise.all(Array.from({ length: n }, () => again(until, work))))
      // What takes longer than the storm is left to end by itself, when nobody is measured any more.
      const heavy = Promise.all([again(until, () => exportPeople(api, 'csv')), again(until, () => backUp(api))])
      const [signIns, uploads] = await Promise.all([
        many(SIGN_INS, () => signInAndOut(base)),
        many(UPLOADS, () => uploading(api, photo)),
      ])
      const stormy = await stop()
      const [exports, backups] = await heavy
      const failed = stormy.asked - (stormy.statuses['200'] ?? 0)
      const line = (what: string, { asked, p50, p99, max }: typeof idle) => [
        what,
        String(asked),
        p50.toFixed(2),
        p99.toFixed(2),
        max.toFixed(1),
      ]
      const deed = (what: string, { done, refused }: typeof exports) => [
        what,
        refused === 0 ? String(done) : `${done} (${refused} shed)`,
        '',
        '',
        '',
      ]
      return {
        suite: 'storm',
        title: 'heavy work at once',
        notes: [
          `For ${STORM / 1000} s: ${SIGN_INS} people sign in again and again, ${UPLOADS} upload pictures of 12 megapixels, everybody of 1,000,000 is exported, and a backup is made, one after the other. Another process reads \`/users/me\` every ${PACE} ms. Whoever makes the storm is on the same machine and takes their part of it.`,
        ],
        versions: ownVersions(),
        columns: ['what', 'how often', 'p50 ms', 'p99 ms', 'longest ms'],
        rows: [
          line('reads at rest', idle),
          line('reads in the storm', stormy),
          deed('sign-ins', signIns),
          deed('pictures', uploads),
          deed('exports', exports),
          deed('backups', backups),
        ],
        targets: [
          {
            promise: `p99 of reads below ${MAX_READ_MS} ms`,
            measured: `${stormy.p99.toFixed(1)} ms`,
            holds: stormy.p99 < MAX_READ_MS,
          },
          { promise: 'no read fails', measured: `${failed} of ${stormy.asked}`, holds: failed === 0 },
        ],
      }
    })
  },
}
