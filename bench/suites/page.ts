import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { ownVersions } from '../contenders'
import { median, start } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const ROOT = join(import.meta.dir, '../..')
const DIST = join(ROOT, 'web/dist')
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const VISITS = 7
const MAX_KILOBYTES = 300
const MAX_PAINT_MS = 1500

interface Manifest {
  script: string
  styles: string
  preload: string[]
  files: Record<string, unknown>
}

export const page: Suite = {
  summary: 'the admin page: what travels for the first view, and when something is seen',
  async run({ workdir, say }) {
    say('building the page')
    const built = Bun.spawnSync([process.execPath, 'scripts/build-web.ts'], { cwd: ROOT, stderr: 'inherit' })
    if (built.exitCode !== 0) throw new Error('The admin page does not build')
    const manifest: Manifest = JSON.parse(readFileSync(join(DIST, 'manifest.json'), 'utf8'))
    const first = [manifest.script, manifest.styles, ...manifest.preload]
    const sizes = [
      ['first view', first],
      ['all screens and charts', Object.keys(manifest.files)],
    ] as const

    say(`opening it ${VISITS} times in a browser without a cache`)
    const paints = await visits(workdir)
    const paint = median(paints)
    const gzip = kilobytes(first, (name) => gzipSync(readFileSync(join(DIST, name)), { level: 9 }).byteLength)
    return {
      suite: 'page',
      title: 'the admin page',
      notes: [
        `Sizes are of the built files in kB. First contentful paint is Chromium's own figure for the sign-in screen over loopback, nothing cached, the median of ${VISITS} visits; it says what the script costs, not what a network does.`,
      ],
      versions: ownVersions(),
      columns: ['part', 'plain kB', 'gzip kB', 'brotli kB'],
      rows: [
        ...sizes.map(([name, files]) => [
          name,
          kilobytes(files, (file) => readFileSync(join(DIST, file)).byteLength).toFixed(0),
          kilobytes(files, (file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).byteLength).toFixed(0),
          kilobytes(files, (file) => bytesOf(`${file}.br`) ?? readFileSync(join(DIST, file)).byteLength).toFixed(0),
        ]),
        ['first contentful paint, ms', paint.toFixed(0), '', ''],
      ],
      targets: [
        {
          promise: `The first view takes less than ${MAX_KILOBYTES} kB gzip`,
          measured: `${gzip.toFixed(0)} kB`,
          holds: gzip < MAX_KILOBYTES,
        },
        {
          promise: `Something is seen within ${MAX_PAINT_MS} ms`,
          measured: Number.isNaN(paint) ? 'no browser here' : `${paint.toFixed(0)} ms`,
          holds: paint < MAX_PAINT_MS,
        },
      ],
    }
  },
}

const bytesOf = (name: string) => (existsSync(join(DIST, name)) ? readFileSync(join(DIST, name)).byteLength : undefined)

const kilobytes = (names: readonly string[], size: (name: string) => number) =>
  names.reduce((sum, name) => sum + size(name), 0) / 1000

/** Milliseconds to the first contentful paint, visit by visit; nothing where there is no browser. */
const visits = async (workdir: string): Promise<number[]> => {
  const executablePath = PLACES.find((path) => existsSync(path))
  if (!executablePath) return [Number.NaN]
  const server = await start(keel(await prepareKeel(workdir)), workdir)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] })
  try {
    const paints: number[] = []
    for (let i = 0; i < VISITS; i++) {
      const context = await browser.newContext()
      const tab = await context.newPage()
      await tab.goto(`http://127.0.0.1:${server.port}/admin`)
      await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
      paints.push(await tab.evaluate(firstPaint))
      await context.close()
    }
    return paints
  } finally {
    await browser.close()
    await server.stop()
  }
}

const firstPaint = () =>
  new Promise<number>((resolve) => {
    new PerformanceObserver((list) => {
      const paint = list.getEntriesByName('first-contentful-paint')[0]
      if (paint) resolve(paint.startTime)
    }).observe({ type: 'paint', buffered: true })
  })
