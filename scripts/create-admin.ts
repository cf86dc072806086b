import { randomToken } from '../src/core'
import { makeAdmin } from '../src/features/auth'
import { findByEmail } from '../src/features/users'
import { readArguments } from './lib/arguments'
import { Refusal, withApp } from './lib/with-app'

const HELP = `bun run scripts/create-admin.ts --email E [--name N] [--password P | --generate]

Makes an admin, verified: adds the person, or promotes the one who has the address already. Takes the same environment
as the server and may run beside it.

  --email E     whose
  --name N      what to call a new person; the part before the @ unless told
  --password P  their password; visible to others on this machine, so better:
  --generate    makes one and prints it once`

const { values } = readArguments(HELP, {
  email: { type: 'string' },
  name: { type: 'string' },
  password: { type: 'string' },
  generate: { type: 'boolean' },
})

await withApp('create-admin', async (ctx) => {
  const { email, name } = values
  if (!email || !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) throw new Refusal('Say whose: --email ada@example.com')
  if (values.password !== undefined && values.generate) throw new Refusal('Give --password or --generate, not both')
  const password = values.generate ? randomToken(15) : values.password
  if (password === undefined && !(await findByEmail(ctx.db, email.trim().toLowerCase())))
    throw new Refusal('A new admin needs --generate or --password')
  const { user, added } = await makeAdmin(ctx, { email, name: name ?? email.split('@')[0] ?? 'Admin', password })
  console.log(`${user.email} ${added ? 'has been added and' : ''} is an admin.`.replace('  ', ' '))
  if (values.generate) console.log(`Password, shown once: ${password}`)
})
