import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type App, perApp } from '#core'

const ROOT = resolve(import.meta.dir, '../../..')
const DIST = join(ROOT, 'web/dist')
/** What the page is made of; in development a change here has it built again with the next visit. */
const SOURCES = ['web', 'src/client.ts', 'bun.lock', 'scripts/build-web.ts']

/** What `scripts/build-web.ts` leaves beside the files. */
interface Manifest {
  script: string
  styles: string
  /** Chunks that the first view needs. */
  preload: string[]
  /** File name → media type and the codings that it lies there in. */
  files: Record<string, { type: string; codings: string[] }>
}

interface BuiltPage extends Manifest {
  path: (file: string, coding?: string) => string
}

/** The page did not build, or was not built; the message says what to do. */
export class NotBuilt extends Error {}

/**
 * The built page. Production has it in its image; elsewhere it is built when somebody first asks, and again when its
 * source has changed. Throws NotBuilt.
 */
export const bundleOf = perApp((app: App) => {
  let loading: Promise<BuiltPage> | undefined
  const fresh = async () => {
    if (!app.config.production && isStale()) await build()
    return await load()
  }
  return () => {
    if (app.config.production && loading) return loading
    const one = loading ?? fresh()
    loading = one
    const forget = () => {
      if (loading === one) loading = undefined
    }
    // Kept for good in production; otherwise looked at again by the next visit.
    one.then(() => app.config.production || forget(), forget)
    return one
  }
})

/** A file of the build without looking whether it is the newest one: a page that is open asks for its own chunks. */
export const builtFile = perApp(() => {
  let known: { made: number; page: BuiltPage } | undefined
  return async (name: string) => {
    const made = changedAt(join(DIST, 'manifest.json'))
    if (known?.made !== made) known = { made, page: await load() }
    return known.page.files[name] ? known.page : undefined
  }
})

const load = async (): Promise<BuiltPage> => {
  const file = Bun.file(join(DIST, 'manifest.json'))
  if (!(await file.exists())) throw new NotBuilt('Build it with: bun run build:web')
  const manifest: Manifest = await file.json()
  return {
    ...manifest,
    path: (name, coding) => join(DIST, coding ? `${name}.${coding}` : name),
  }
}

const build = async () => {
  const child = Bun.spawn([process.execPath, 'scripts/build-web.ts', '--quick'], {
    cwd: ROOT,
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const said = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new NotBuilt(said.trim().slice(-4000))
}

const isStale = () => {
  const made = changedAt(join(DIST, 'manifest.json'))
  return SOURCES.some((source) => newestIn(join(ROOT, source)) > made)
}

/** Milliseconds since 1970; 0 if there is nothing. */
const changedAt = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const newestIn = (path: string): number => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  const inside = readdirSync(path).filter((name) => name !== 'dist' && !name.startsWith('.'))
  return Math.max(0, ...inside.map((name) => newestIn(join(path, name))))
}
