import { describe, expect, test } from 'bun:test'
import { sharedApp, testApp } from '#tests'

/** One item of a list of structured fields (RFC 9651): a quoted name and integer parameters. */
const ITEM = /^"([a-z0-9-]+)"((?:;[a-z]+=\d+)+)$/

const parse = (header: string | null) =>
  (header ?? '').split(', ').map((item) => {
    const [, name = '', parameters = ''] = ITEM.exec(item) ?? []
    expect(name, `${item} is no structured field`).not.toBe('')
    const pairs = parameters
      .slice(1)
      .split(';')
      .map((pair) => pair.split('='))
    return { name, ...Object.fromEntries(pairs.map(([key = '', value]) => [key, Number(value)])) } as Record<
      string,
      unknown
    >
  })

describe('a limited response', () => {
  const house = sharedApp()

  // bar 137
  test('says which limits apply and what is left of them, and less is left each time', async () => {
    const { anon } = await house()
    const left: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const { headers } = await anon.post('/auth/login', { email: 'nobody@example.com', password: 'wrong' })
      const policies = parse(headers.get('ratelimit-policy'))
      const states = parse(headers.get('ratelimit'))
      expect(policies).toEqual([
        { name: 'login', q: 30, w: 60 },
        { name: 'general', q: 300, w: 60 },
      ])
      expect(states.map(({ name }) => name)).toEqual(['login', 'general'])
      for (const { t } of states) expect([Number(t) > 0, Number(t) <= 60]).toEqual([true, true])
      left.push(...states.map(({ r }) => r))
    }
    expect(left).toEqual([29, 299, 28, 298, 27, 297])
  })

  // bar 137
  test('says so on success and on every kind of refusal', async () => {
    const { as, anon } = await house()
    const replies = [
      await as.ada.get('/users/me'),
      await anon.get('/users/me'),
      await anon.get('/nowhere'),
      await anon.put('/auth/login'),
      await as.ada.get('/users'),
      await as.ada.patch('/users/me', { name: '' }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([200, 401, 404, 405, 403, 422])
    for (const { headers } of replies) expect(parse(headers.get('ratelimit')).at(-1)?.name).toBe('general')
  })

  // bar 137
  test('leaves health and documents alone as is written: health is never counted', async () => {
    const { outside } = await house()
    expect((await outside.get('/health/live')).headers.has('ratelimit')).toBe(false)
  })
})

describe('a 429', () => {
  // bar 138
  test('names the limit that is full and says how long to wait, whichever it is', async () => {
    const { anon, outside } = await testApp({ env: { RATE_LIMIT_GENERAL: '3/60' } })
    for (let i = 0; i < 3; i++) expect((await anon.get('/nowhere')).status).toBe(404)
    const reply = await anon.get('/auth/me')
    expect(reply).toRefuse(429, 'rate_limited')
    const [state] = parse(reply.headers.get('ratelimit'))
    expect(state).toMatchObject({ name: 'general', r: 0 })
    expect(reply.json()['violated-policies']).toEqual(['general'])
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(Number(state?.t))
    expect((await outside.get('/health/live')).status).toBe(200)
  })

  // bar 138
  test('of a tier is told apart from the general one by what is left', async () => {
    const { anon } = await testApp()
    // Another address each time: those who guess at one account meet that account's own limit first.
    let i = 0
    const attempt = () => anon.post('/auth/login', { email: `nobody${i++}@example.com`, password: 'wrong' })
    let reply = await attempt()
    while (i < 40 && reply.status !== 429) reply = await attempt()
    expect(reply).toRefuse(429, 'rate_limited')
    const full = parse(reply.headers.get('ratelimit')).filter(({ r }) => r === 0)
    expect(full.map(({ name }) => name)).toEqual(['login'])
    expect(reply.json()['violated-policies']).toEqual(['login'])
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(Number(full[0]?.t))
  })
})
