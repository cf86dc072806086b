import { readArguments } from './lib/arguments'
import { breaksBetween } from './openapi/breaks'

const HELP = `bun scripts/openapi-diff.ts BEFORE.json AFTER.json

Lists what breaks callers between two OpenAPI documents. Ends with code 1 if there is anything.`

const { positionals } = readArguments(HELP, {}, true)
const [before, after] = await Promise.all(positionals.slice(0, 2).map(load))
if (!before || !after || positionals.length !== 2) {
  console.error('Give two documents: BEFORE.json AFTER.json')
  process.exit(2)
}
const found = breaksBetween(before, after)
for (const one of found) console.log(`✗ ${one}`)
console.log(found.length === 0 ? 'Nothing breaks callers.' : `\n${found.length} changes break callers: add a version.`)
process.exit(found.length === 0 ? 0 : 1)

async function load(path: string): Promise<unknown> {
  try {
    return await Bun.file(path).json()
  } catch {
    console.error(`${path} is not a JSON file`)
    process.exit(2)
  }
}
