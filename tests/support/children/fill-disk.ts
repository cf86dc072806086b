import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openFile } from '#adapters/database/file'

/** Fills the disk that `folder` is on with rows, then makes space by removing `ballast`; prints what it saw as JSON. */
const [folder = ''] = process.argv.slice(2)
const db = openFile(join(folder, 'keel.db'))
const books = { bookkeeping: true }
const add = () =>
  db.transaction(async (tx) => void (await tx.run(sql`INSERT INTO t VALUES (${'x'.repeat(5000)})`)), books)
const count = async () => (await db.reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM t`)).n
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error))

await db.transaction(async (tx) => void (await tx.run(sql`CREATE TABLE t (v TEXT)`)), books)
let written = 0
const fill = async () => {
  for (;;) {
    await add()
    written++
  }
}
const first = await fill().catch(codeOf)
const second = await add().catch(codeOf)
const whileFull = await count()
rmSync(join(folder, 'ballast'))
await add()
process.stdout.write(
  JSON.stringify({ refusals: [first, second], lost: written - whileFull, added: (await count()) - whileFull }),
)
