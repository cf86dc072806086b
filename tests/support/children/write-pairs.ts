import { sql } from 'drizzle-orm'
import { openFile } from '#adapters/database/file'

/**
 * Writes pairs of rows, a change and its record, as fast as it can, and prints the number of each pair once it is
 * committed. `width` transactions at a time.
 */
const [path = '', width = '8'] = process.argv.slice(2)
const db = openFile(path)
let next = (await db.reader.get<{ n: number }>(sql`SELECT coalesce(max(id), 0) AS n FROM changes`)).n

const write = async () => {
  for (;;) {
    const id = ++next
    await db.transaction(async (tx) => {
      await tx.run(sql`INSERT INTO changes VALUES (${id})`)
      await tx.run(sql`INSERT INTO records VALUES (${id})`)
      tx.markRecorded()
    })
    process.stdout.write(`${id}\n`)
  }
}
await Promise.all(Array.from({ length: Number(width) }, write))
