import { join } from 'node:path'
import { Glob } from 'bun'
import { ROOT } from './lib/run'

// Reads what `bun test --coverage --coverage-reporter=lcov` left, and insists on a floor for all of src together.
// Files that no test loads count with every line: the runner itself leaves them out.

/** Per cent of the lines of src that tests run. */
const FLOOR = 85

const report = Bun.file(join(ROOT, 'coverage/lcov.info'))
if (!(await report.exists())) fail('There is no coverage/lcov.info: run the tests first')

const covered = new Map<string, { lines: number; hit: number }>()
for (const record of (await report.text()).split('end_of_record')) {
  const [, file] = /^SF:(.+)$/m.exec(record) ?? []
  if (file?.startsWith('src/')) covered.set(file, { lines: number(record, 'LF'), hit: number(record, 'LH') })
}
for (const file of new Glob('src/**/*.{ts,tsx}').scanSync(ROOT)) {
  if (file.includes('.test.') || covered.has(file)) continue
  const lines = await linesOfCode(file)
  if (lines === 0) continue
  covered.set(file, { lines, hit: 0 })
  console.log(`no test loads ${file} (${lines} lines)`)
}

const sum = (what: 'lines' | 'hit') => [...covered.values()].reduce((total, file) => total + file[what], 0)
const percent = (100 * sum('hit')) / sum('lines')
console.log(`${percent.toFixed(1)} % of ${sum('lines')} lines in ${covered.size} files; the floor is ${FLOOR} %`)
if (percent < FLOOR) fail('Less than the floor')

function number(record: string, field: string) {
  return Number(new RegExp(`^${field}:(\\d+)$`, 'm').exec(record)?.[1] ?? 0)
}

/** Lines that are left when types are gone. */
async function linesOfCode(file: string) {
  const code = await Bun.file(join(ROOT, file)).text()
  const bare = new Bun.Transpiler({ loader: file.endsWith('x') ? 'tsx' : 'ts' }).transformSync(code)
  return bare.split('\n').filter((line) => /[^\s}\])]/.test(line) && !/^(import|export \{\})/.test(line)).length
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
