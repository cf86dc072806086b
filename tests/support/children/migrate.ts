import { migrateFile } from '#adapters/database/migrate-file'

const [path = '', folder = ''] = process.argv.slice(2)
process.stdout.write('ready\n')
process.stdin.once('data', () => {
  process.stdout.write(`${migrateFile(path, { folder })}\n`)
  process.exit()
})
