import { Database } from 'bun:sqlite'

const [path = ''] = process.argv.slice(2)
const db = new Database(path)
db.run('BEGIN IMMEDIATE')
process.stdout.write('held\n')
setInterval(() => db.run('SELECT 1'), 1000)
