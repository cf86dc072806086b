import { CHECKS, diagnose, surroundings } from './doctor/diagnose'
import type { Finding } from './doctor/finding'
import { readArguments } from './lib/arguments'

const HELP = `bun run doctor [--strict] [--dkim-selector NAME]

Looks at the settings and at everything they name: data folder, secrets, database, clock, addresses, proxy, mail records
in DNS, Redis, S3, backups, and the running server. Takes the same environment as the server and may run beside it.
Changes nothing, but for a probe object in S3 that it deletes again. Ends with code 1 if there is an error.

  --strict              with code 1 for a warning too
  --dkim-selector NAME  under which mail is signed; resend with RESEND_API_KEY`

const { values } = readArguments(HELP, { strict: { type: 'boolean' }, 'dkim-selector': { type: 'string' } })

const found = await diagnose({ ...surroundings(process.env), dkimSelector: values['dkim-selector'] })
const errors = found.filter(({ level }) => level === 'error')
const warnings = found.filter(({ level }) => level === 'warning')
show('Errors', '✗', errors)
show('Warnings', '!', warnings)
const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`
console.log(
  found.length === 0
    ? `All is well: settings, ${Object.keys(CHECKS).join(', ')}.`
    : `${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}`,
)
process.exit(errors.length > 0 || (values.strict && warnings.length > 0) ? 1 : 0)

function show(title: string, sign: string, findings: Finding[]) {
  if (findings.length === 0) return
  console.log(title)
  for (const { about, says, cure } of findings) console.log(`  ${sign} ${about}: ${says}\n      ${cure}`)
  console.log()
}
