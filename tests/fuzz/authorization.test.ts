import { beforeAll, describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { addRole, atRest, type Client, type Json, rows, type TestApp, testApp } from '#tests'
import { call, fill, type Operation, operationsOf, parametersOf, possess, valuesOf } from './operations'

// Every operation in the OpenAPI document against everybody who must not do it. Nobody has to remember a new route here.

/** Milliseconds: a hundred routes and more. */
const PATIENCE = 60_000

let house: TestApp
let operations: Operation[]
const guarded = () => operations.filter(({ access }) => access.kind !== 'public')

beforeAll(async () => {
  // No name resolves: nothing is called that the examples name.
  house = await testApp({ shared: true, env: { RATE_LIMIT: 'off' }, outbound: { resolve: async () => [] } })
  operations = await operationsOf(house)
  expect(guarded().length).toBeGreaterThan(8)
}, PATIENCE)

/** What went wrong, a line each, so that one run tells all of it. */
const each = async (some: readonly Operation[], fault: (operation: Operation) => Promise<string | undefined>) => {
  const faults: string[] = []
  for (const operation of some) {
    const found = await fault(operation)
    if (found) faults.push(`${operation.name}: ${found}`)
  }
  expect(faults).toEqual([])
}

const codeOf = (text: string): string => {
  try {
    return JSON.parse(text).code ?? ''
  } catch {
    return text.slice(0, 80)
  }
}

describe('without a good credential', () => {
  const junk: Record<string, Record<string, string>> = {
    none: {},
    'a made-up bearer': { authorization: 'Bearer not.a.token' },
    'an unsigned token': {
      authorization: `Bearer ${['{"alg":"none","typ":"at+jwt"}', '{"sub":"x","sid":"y","exp":9999999999}', '']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.')}`,
    },
    'a password instead of a token': { authorization: `Basic ${btoa('admin@example.com:password')}` },
    'a made-up key': { 'x-api-key': 'sk_live_0000000000000000000000000000' },
    'a made-up cookie': { cookie: '__Host-access=x; access=x', origin: 'http://localhost:3000' },
  }

  // bar 111
  test.each(Object.keys(junk))(
    '(%s) every guarded operation answers 401, whatever the body',
    async (kind) => {
      const stranger = house.anon.with(junk[kind] ?? {})
      await each(guarded(), async (operation) => {
        for (const body of [operation.example, { wrong: true }, undefined]) {
          const reply = await call(stranger, operation, [], body)
          if (reply.status !== 401) return `answered ${reply.status} ${codeOf(reply.text)}`
          if (!reply.headers.get('www-authenticate')) return 'does not say how to authenticate'
        }
        return undefined
      })
    },
    PATIENCE,
  )
})

describe('with a credential that does not reach', () => {
  const permitted = () => operations.filter(({ permission }) => permission !== undefined)

  const refusals = (client: Client, expected: string[]) => (some: Operation[]) =>
    each(some, async (operation) => {
      for (const body of [operation.example, undefined]) {
        const reply = await call(client, operation, [], body)
        const code = codeOf(reply.text)
        if (reply.status !== 403 || !expected.includes(code)) return `answered ${reply.status} ${code}`
      }
      return undefined
    })

  // bar 110
  test(
    'a user is refused every operation that takes a permission',
    async () => {
      await refusals(house.as.ada, ['forbidden'])(permitted())
    },
    PATIENCE,
  )

  // bar 110
  test(
    'an unverified user too',
    async () => {
      await refusals(house.person('newcomer', { verified: false }), ['forbidden'])(permitted())
    },
    PATIENCE,
  )

  // bar 110
  test(
    'a role opens what it names and nothing else',
    async () => {
      const asked = [...new Set(permitted().map(({ permission }) => permission ?? ''))]
      for (const permission of asked) {
        const name = `only-${permission.replace(':', '-')}`
        await addRole(house, name, [permission])
        await refusals(house.person(name, { role: name }), ['forbidden'])(
          permitted().filter((operation) => operation.permission !== permission),
        )
      }
    },
    PATIENCE,
  )

  test(
    'somebody whose address is not verified is refused what takes that',
    async () => {
      const some = operations.filter(
        ({ access, permission }) => access.kind !== 'public' && access.verified && !permission,
      )
      await refusals(house.person('newcomer', { verified: false }), ['email_not_verified'])(some)
    },
    PATIENCE,
  )

  test(
    'somebody who proved their password too long ago is refused what is dangerous',
    async () => {
      const late = await testApp({ env: { RATE_LIMIT: 'off' } })
      const { refreshToken } = await late.as.admin.tokens()
      late.clock.advance(minutes(16))
      const { accessToken } = await late.anon.post('/auth/refresh-token', { refreshToken }).json()
      const some = operations.filter(({ access }) => access.kind !== 'public' && access.stepUp)
      await refusals(late.withToken(accessToken), ['step_up_required'])(some)
    },
    PATIENCE,
  )

  // bar 104, 110
  test(
    'a key without scopes reaches neither what takes a permission nor what takes a session',
    async () => {
      const made = await house.as.admin.post('/api-keys', { name: 'empty', scopes: [] })
      if (made.status === 404) return
      const key = house.withKey(made.json().secret)
      await refusals(key, ['insufficient_scope', 'session_required'])(permitted())
      await refusals(key, ['session_required'])(operations.filter(({ access }) => access.kind === 'session'))
    },
    PATIENCE,
  )
})

describe('what belongs to somebody else', () => {
  /** Written by the request itself, whoever sends it and whatever comes of it. */
  const NOTES =
    /^(events|jobs|schedules|sessions|refresh_tokens|throttles|idempotency_keys|counters|audit_\w+|api_key_usage): /
  const dump = ({ config }: TestApp) =>
    atRest(config)
      .split('\n')
      .filter((line) => !NOTES.test(line))

  // bar 109
  test(
    'looks as if it were not there, to every operation, and stays as it was',
    async () => {
      const { as } = house
      const [ada, bob] = [as.ada, as.bob]
      await bob.user()
      const owned = await possess(house, ada, operations)
      const before = dump(house)
      const some = operations.filter(
        (operation) =>
          parametersOf(operation).length > 0 && !operation.permission && operation.access.kind !== 'public',
      )
      const id = await ada.id()
      await each(some, async (operation) => {
        const values = valuesOf(operation, owned, id)
        if (values.some((value) => value === undefined)) return `possess() found nothing of ada's for it`
        const theirs = await call(
          bob,
          operation,
          values.filter((value) => value !== undefined),
        )
        const nobodys = await call(bob, operation, [])
        const [one, other] = [theirs, nobodys].map(({ status, text }) => `${status} ${codeOf(text)}`)
        if (theirs.status !== 404) return `answered ${one} to a stranger`
        return one === other ? undefined : `answered ${one} for what is there, ${other} for what is not`
      })
      expect(dump(house)).toEqual(before)
    },
    PATIENCE,
  )
})

describe('a body that says more than it may', () => {
  const EXTRA = {
    role: 'admin',
    isAdmin: true,
    permissions: ['*'],
    emailVerified: true,
    emailVerifiedAt: '2020-01-01T00:00:00.000Z',
    id: '00000000-0000-7000-8000-000000000000',
    userId: '00000000-0000-7000-8000-000000000000',
    createdAt: '2020-01-01T00:00:00.000Z',
    deletedAt: '2020-01-01T00:00:00.000Z',
    bannedAt: '2020-01-01T00:00:00.000Z',
    passwordHash: 'x',
    tokenVersion: 99,
    twoFactorEnabled: true,
    version: 99,
    __proto__: { role: 'admin' },
  }
  const GUARDED = ['id', 'role', 'email_verified_at', 'two_factor_enabled_at', 'created_at', 'deleted_at', 'banned_at']
  const NAMES: Record<string, string> = { role: 'role' }

  const rowOf = ({ config }: TestApp, id: string) =>
    rows(config, `SELECT ${GUARDED.join(', ')} FROM users WHERE id = ?`, id)[0]
  const hashOf = ({ config }: TestApp, id: string) =>
    rows(config, 'SELECT hash FROM passwords WHERE user_id = ?', id)[0]?.hash

  // bar 112
  test(
    'changes nothing of it on any write by a user',
    async () => {
      const some = operations.filter(({ method, permission }) => method !== 'GET' && !permission)
      let i = 0
      await each(some, async (operation) => {
        if (operation.body !== 'json') return undefined
        i += 1
        const person = house.person(`writer${i}`)
        const id = await person.id()
        const [before, hash] = [rowOf(house, id), hashOf(house, id)]
        const reply = await call(person, operation, [id, id], { ...operation.example, ...without(operation) })
        if (reply.status >= 500) return `answered ${reply.status}`
        const after = rowOf(house, id)
        if (hashOf(house, id) !== hash) return 'changed the password'
        return Bun.deepEquals(before, after)
          ? undefined
          : `changed ${JSON.stringify(before)} to ${JSON.stringify(after)}`
      })
      expect(rows(house.config, "SELECT id FROM users WHERE role = 'admin' AND email NOT LIKE 'admin@%'")).toEqual([])
    },
    PATIENCE,
  )

  // bar 112
  test(
    'changes nothing of it on any write by an admin, but what the operation is for',
    async () => {
      const some = operations.filter(
        ({ method, permission, template, body }) =>
          method !== 'GET' && permission && body === 'json' && template.includes(':id'),
      )
      let i = 0
      await each(some, async (operation) => {
        i += 1
        const id = await house.person(`target${i}`).id()
        const before = rowOf(house, id)
        const reply = await call(house.as.admin, operation, [id, id], { ...operation.example, ...without(operation) })
        if (reply.status >= 500) return `answered ${reply.status}`
        const after = rowOf(house, id)
        const meant = operation.fields.map((field) => NAMES[field])
        const changed = GUARDED.filter((name) => before[name] !== after?.[name] && !meant.includes(name))
        const own = operation.template.endsWith('/ban') ? ['banned_at'] : []
        const wrong = changed.filter((name) => !own.includes(name))
        return wrong.length === 0 ? undefined : `changed ${wrong.join(', ')}`
      })
    },
    PATIENCE,
  )

  /** What the operation itself takes is meant by it. */
  const without = ({ fields }: Operation) =>
    Object.fromEntries(Object.entries(EXTRA).filter(([name]) => !fields.includes(name)))

  // bar 112
  test('registers a user, verified by nothing but the mail', async () => {
    const account = { email: 'sly@example.com', password: 'correct horse battery staple 42', name: 'Sly' }
    await house.anon.post('/auth/register', { ...account, ...EXTRA }).json()
    const [row] = rows(house.config, 'SELECT * FROM users WHERE email = ?', account.email)
    expect(row).toMatchObject({ role: 'user', email_verified_at: null, two_factor_enabled_at: null, deleted_at: null })
    expect(row.id).not.toBe(EXTRA.id)
  })
})

describe('replies', () => {
  const SECRET_NAME = /hash|secret|digest|salt|private|passw|(^|_)pw|recovery|otp$/i
  /** Names that only look like it, or say themselves that they hold none. */
  const HARMLESS = ['sha256', 'contentDigest', 'passwordChangedAt', 'hasPassword', 'secretLast4']

  const names = (value: Json, path = ''): string[] => {
    if (Array.isArray(value)) return value.flatMap((one) => names(one, path))
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([name, inner]) => [
      ...(typeof inner === 'string' && SECRET_NAME.test(name) && !HARMLESS.includes(name) ? [`${path}.${name}`] : []),
      ...names(inner, `${path}.${name}`),
    ])
  }

  /** Whatever stands in a column that is named like a secret. */
  const secretsAtRest = ({ config }: TestApp): string[] => {
    const tables = rows(config, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name)
    return tables.flatMap((table) =>
      rows(config, `SELECT name FROM pragma_table_info('${table}')`)
        .filter(
          ({ name }) => /^(hash|digest|secret|successor|password_mark|auth|p256dh)$/.test(name) && table !== 'events',
        )
        .flatMap(({ name }) => rows(config, `SELECT "${name}" AS value FROM "${table}" WHERE "${name}" IS NOT NULL`))
        .map(({ value }) => String(value))
        .filter((value) => value.length >= 16),
    )
  }

  // bar 113
  test(
    'to no read of a user or an admin hold a secret, by name or by value',
    async () => {
      const { as, config } = house
      await possess(house, as.ada, operations)
      const owned = await possess(house, as.admin, operations)
      const secrets = [...secretsAtRest(house), ...config.secrets]
      expect(secrets.length).toBeGreaterThan(5)
      const some = operations.filter(({ method, streams }) => method === 'GET' && !streams)
      for (const client of [as.ada, as.admin]) {
        const id = await as.ada.id()
        await each(some, async (operation) => {
          const reply = await call(
            client,
            operation,
            valuesOf(operation, owned, id).map((value) => value ?? id),
          )
          if (reply.status >= 500) return `answered ${reply.status}`
          const json = reply.headers.get('content-type')?.includes('json')
          const found = json && reply.text ? names(reply.json()) : []
          if (found.length > 0) return `shows ${found.join(', ')}`
          return secrets.some((secret) => reply.text.includes(secret)) ? 'shows a secret from the database' : undefined
        })
      }
    },
    PATIENCE,
  )
})

describe('ids that are none', () => {
  const ODD = [
    '-1',
    '0',
    '9223372036854775808',
    '1e400',
    'null',
    '%00',
    '%F0%9F%92%A9',
    "'%20OR%201=1--",
    '00000000-0000-0000-0000-000000000000',
    'x'.repeat(7_000),
  ]

  // bar 118
  test(
    'are not found, by any operation, for an admin either',
    async () => {
      const some = operations.filter((operation) => parametersOf(operation).length > 0)
      await each(some, async (operation) => {
        for (const odd of ODD) {
          const reply = await call(
            house.as.admin,
            operation,
            parametersOf(operation).map(() => odd),
          )
          if (![400, 403, 404, 405, 409, 415, 422].includes(reply.status))
            return `answered ${reply.status} to ${odd.slice(0, 30)}`
        }
        return undefined
      })
    },
    PATIENCE,
  )

  // bar 118
  test(
    'nor are those of another kind of thing',
    async () => {
      const owned = await possess(house, house.as.admin, operations)
      const session = owned.get('/auth/sessions')?.[0] ?? ''
      expect(session).not.toBe('')
      const some = operations.filter(
        (operation) => parametersOf(operation).length > 0 && !fill(operation, ['x']).startsWith('/auth/sessions'),
      )
      await each(some, async (operation) => {
        const reply = await call(
          house.as.admin,
          operation,
          parametersOf(operation).map(() => session),
        )
        return reply.status >= 200 && reply.status < 300 && reply.text !== '' && (reply.json().data?.length ?? 1) > 0
          ? `answered ${reply.status}`
          : undefined
      })
    },
    PATIENCE,
  )
})
