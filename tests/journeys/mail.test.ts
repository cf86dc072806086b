import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { hours, minutes } from '#core'
import { testApp } from '#tests'
import { resendPeer, smtpPeer } from '../support/mail-peers'

const resend = resendPeer()
const smtp = await smtpPeer()
afterAll(async () => {
  resend.stop()
  await smtp.stop()
})
beforeEach(() => {
  for (const peer of [resend, smtp]) {
    peer.clear()
    peer.answer('accept')
  }
})

const APP_URL = 'https://app.example.com'
const FROM = { MAIL_FROM: 'Keel <no-reply@keel.example>', APP_URL }
const providers = [
  { name: 'Resend', peer: resend, env: { ...FROM, RESEND_API_KEY: 're_test', RESEND_BASE_URL: resend.url } },
  { name: 'SMTP', peer: smtp, env: { ...FROM, SMTP_URL: smtp.url } },
]
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple 42', name: 'Ada' }

describe.each(providers)('mail through $name', ({ peer, env }) => {
  test('registering sends one mail with a link that verifies the address', async () => {
    const { anon, runJobs } = await testApp({ env })
    expect((await anon.post('/auth/register', ADA)).status).toBe(202)
    await runJobs()
    const [mail, ...others] = await peer.arrived()
    expect(others).toEqual([])
    expect(mail?.to).toEqual([ADA.email])
    const [, token] = /\/verify-email\?token=([\w-]+)/.exec(mail?.text ?? '') ?? []
    expect((await anon.post('/auth/verify-email', { token })).json()).toMatchObject({ emailVerified: true })
  })

  // bar 6, bar 7
  test.each([
    ['a line break in the name', { name: 'Ada\r\nBcc: eve@evil.example' }],
    ['a line break in the address', { email: 'ada@example.com\r\nBcc: eve@evil.example' }],
    ['a second address', { email: 'ada@example.com,eve@evil.example' }],
    ['a full-width at sign', { email: 'ada＠example.com' }],
    ['a NUL in the address', { email: 'ada\0@example.com' }],
  ])('%s is refused, or reaches one recipient without a further header', async (_, change) => {
    const { anon, runJobs } = await testApp({ env })
    const { status } = await anon.post('/auth/register', { ...ADA, ...change })
    await runJobs()
    const mails = await peer.arrived()
    if (status === 422) return expect(mails).toEqual([])
    expect(status).toBe(202)
    expect(mails.map(({ to }) => to)).toEqual([[ADA.email]])
    expect(mails[0]?.headers.bcc).toBeUndefined()
  })

  // bar 8
  test('markup in a name stays text in both parts', async () => {
    const { anon, runJobs } = await testApp({ env })
    await anon.post('/auth/register', { ...ADA, name: '<a href="https://evil.example">Ada</a> {{7*7}}' })
    await runJobs()
    const [mail] = await peer.arrived()
    expect(mail?.html).toContain('&lt;a href=')
    expect(mail?.html).not.toContain('href="https://evil.example"')
    expect(mail?.text).not.toContain('<a')
    for (const part of [mail?.html, mail?.text]) expect(part).toContain('{{7*7}}')
  })

  // bar 9
  test('links start with APP_URL, whatever the request says of hosts', async () => {
    const { anon, runJobs, clock } = await testApp({ env })
    const poisoned = anon.with({
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'ftp',
      forwarded: 'host=evil.example;proto=ftp',
      origin: 'https://evil.example',
      referer: 'https://evil.example/',
    })
    await poisoned.post('/auth/register', ADA)
    for (const path of ['/auth/resend-verification', '/auth/forgot-password']) {
      clock.advance(minutes(2))
      await poisoned.post(path, { email: ADA.email })
      await poisoned.post(path, { email: ADA.email, redirectTo: 'https://evil.example' })
    }
    await runJobs()
    const mails = await peer.arrived()
    expect(mails.length).toBeGreaterThanOrEqual(2)
    for (const { html, text } of mails) {
      expect(html + text).not.toContain('evil.example')
      for (const [link] of text.matchAll(/\w+:\/\/\S+/g)) expect(link).toStartWith(APP_URL)
    }
  })

  // bar 48
  test.each(['busy', 'drop'] as const)(
    'a provider that answers with %s changes no reply, and one mail arrives afterwards',
    async (fault) => {
      const { anon, runJobs, clock } = await testApp({ env })
      await anon.post('/auth/register', ADA)
      await runJobs()
      peer.clear()
      peer.answer(fault)
      clock.advance(minutes(5))
      expect((await anon.post('/auth/forgot-password', { email: ADA.email })).status).toBe(202)
      await runJobs()
      clock.advance(minutes(1))
      await runJobs()
      expect(await peer.arrived()).toEqual([])
      peer.answer('accept')
      clock.advance(minutes(5))
      await runJobs()
      const mails = await peer.arrived()
      expect(mails).toHaveLength(1)
      expect(mails[0]?.text).toContain(`${APP_URL}/reset-password?token=`)
    },
  )

  // bar 48: a link that cannot work any more is not sent at all
  test('what has expired while the provider was away is not sent', async () => {
    const { anon, runJobs, clock } = await testApp({ env })
    await anon.post('/auth/register', ADA)
    await runJobs()
    peer.clear()
    peer.answer('busy')
    clock.advance(minutes(5))
    await anon.post('/auth/forgot-password', { email: ADA.email })
    await runJobs()
    peer.answer('accept')
    clock.advance(hours(3))
    await runJobs()
    expect(await peer.arrived()).toEqual([])
  })

  // bar 205
  test('a provider that says nothing holds up nobody', async () => {
    const { app, anon } = await testApp({ env })
    peer.answer('hang')
    await app.queue.work()
    const started = performance.now()
    expect((await anon.post('/auth/register', ADA)).status).toBe(202)
    expect((await anon.post('/auth/forgot-password', { email: ADA.email })).status).toBe(202)
    expect((await anon.post('/auth/login', { email: ADA.email, password: ADA.password })).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  // bar 204
  test('neither jobs nor journal nor mail log hold what the link holds', async () => {
    const { app, anon, runJobs } = await testApp({ env })
    await anon.post('/auth/register', ADA)
    const tables = ['jobs', 'events', 'emails', 'one_time_tokens']
    const dump = async () => {
      const rows = await Promise.all(tables.map((table) => app.db.all(sql`select * from ${sql.identifier(table)}`)))
      return JSON.stringify(rows)
    }
    const before = await dump()
    await runJobs()
    const [, token = ''] = /token=([\w-]+)/.exec((await peer.arrived())[0]?.text ?? '') ?? []
    expect(token.length).toBeGreaterThan(20)
    expect(before + (await dump())).not.toContain(token)
    expect(before).not.toContain(ADA.password)
  })
})
