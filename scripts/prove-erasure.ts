import { residueOf } from '../src/features/users'
import { readArguments } from './lib/arguments'
import { Refusal, withApp } from './lib/with-app'

const HELP = `bun run scripts/prove-erasure.ts --id ID --email E

Looks for somebody who was erased in every column of every table, and prints what it found as JSON. Exits with 1 if
anything is left. Takes the same environment as the server and may run beside it; it reads the whole database once.

  --id ID    the account's id, as the audit log has it
  --email E  the address it had; it is not kept anywhere, so ask whoever wants the proof`

const { values } = readArguments(HELP, { id: { type: 'string' }, email: { type: 'string' } })

await withApp('prove-erasure', async (ctx) => {
  const { id, email } = values
  if (!id || !email) throw new Refusal('Say whom: --id ID --email ada@example.com')
  const report = await residueOf(ctx, { id, email: email.trim() })
  console.log(JSON.stringify(report, null, 2))
  if (!report.clean) process.exitCode = 1
})
