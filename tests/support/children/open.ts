import { openDatabase } from '#adapters/database/open'

/** Opens a database as somebody who is not the superuser, and prints what became of it. */
const [path = '', dataDir = ''] = process.argv.slice(2)
if (process.getuid?.() === 0) process.setuid?.(65534)
const log = { info() {}, error() {} }
try {
  const db = await openDatabase(
    { databaseUrl: `file:${path}`, dataDir, production: true },
    { clock: { now: () => new Date() }, log },
  )
  await db.close()
  process.stdout.write('opened')
} catch (error) {
  process.stdout.write(String(error))
}
