import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './run'

const FOLDER = join(ROOT, 'drizzle')
const read = (path: string) => Bun.file(join(FOLDER, path)).text()

/**
 * One first migration with the tables that there are now, and after it those that were written by hand, such as
 * triggers: for a project that has no data yet. Says what failed, if something did.
 */
export const startMigrationsAnew = async () => {
  const byHand = await writtenByHand()
  rmSync(FOLDER, { recursive: true })
  const made = await run(['bun', 'run', 'migrations:generate', '--name', 'init'])
  if (!made.ok) return made
  for (const { name, sql } of byHand) {
    const added = await run(['bun', 'run', 'migrations:generate', '--custom', '--name', name])
    if (!added.ok) return added
    const { entries } = JSON.parse(await read('meta/_journal.json'))
    await Bun.write(join(FOLDER, `${entries.at(-1).tag}.sql`), sql)
  }
  return made
}

/** What Drizzle does not write: triggers and virtual tables. */
const BY_HAND = /^CREATE (TRIGGER|VIRTUAL TABLE)/m

const writtenByHand = async () => {
  const { entries } = JSON.parse(await read('meta/_journal.json'))
  const all = await Promise.all(
    entries.map(async ({ tag }: { tag: string }) => ({
      name: tag.replace(/^\d+_/, ''),
      sql: await read(`${tag}.sql`),
    })),
  )
  return all.filter(({ sql }) => BY_HAND.test(sql))
}
