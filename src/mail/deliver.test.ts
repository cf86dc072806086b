import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createElement } from 'react'
import { defineFeature, type EnqueueOptions, hours, systemContext } from '#core'
import { bookkeeping } from '#db'
import { defineMail, emails, type MailType, sendMail, suppress, unsuppress } from '#mail'
import { testApp } from '#tests'
import { resendPeer } from '../../tests/support/mail-peers'

const peer = resendPeer()
afterAll(peer.stop)
beforeEach(() => {
  peer.clear()
  peer.answer('accept')
})

const greeting = defineMail<{ userId: string; to: string }>('greeting', {
  category: 'account',
  compose: async (_ctx, { to }, askedAt) => ({
    to,
    subject: 'Hello',
    body: createElement('p', null, `Asked at ${askedAt.toISOString()}`),
  }),
  sample: async (_ctx, to) => ({ to, subject: 'Hello', body: createElement('p') }),
})
const pointless = defineMail<Record<string, never>>('pointless', {
  category: 'account',
  compose: async () => undefined,
  sample: greeting.sample,
})
const faulty = defineMail<Record<string, never>>('faulty', {
  category: 'account',
  compose: () => Promise.reject(new Error('The row is not there')),
  sample: greeting.sample,
})
const unlisted = defineMail<Record<string, never>>('unlisted', { ...pointless })

const features = [defineFeature({ name: 'greetings', mails: [greeting, pointless, faulty] })]
const RESEND = { RESEND_API_KEY: 're_test', RESEND_BASE_URL: peer.url, MAIL_FROM: 'no-reply@keel.example' }

const open = async (env: Record<string, string> = RESEND) => {
  const test = await testApp({ features, env })
  const ctx = () => systemContext(test.app, 'test')
  return {
    ...test,
    ctx,
    send: <P>(mail: MailType<P>, payload: P, options?: EnqueueOptions) =>
      bookkeeping(ctx(), async (tx) => (await sendMail(tx, ctx(), mail, payload, options)) ?? ''),
    entry: async (id: string) => (await test.app.db.select().from(emails).where(eq(emails.id, id)))[0],
  }
}

const toAda = { userId: 'user-1', to: 'ada@example.com' }

describe('delivery', () => {
  test('a mail is sent by a job and noted in the log, without its content', async () => {
    const { send, runJobs, entry, clock } = await open()
    const id = await send(greeting, toAda)
    expect(await entry(id)).toMatchObject({ status: 'queued', template: 'greeting', userId: 'user-1' })
    await runJobs()
    const sent = await entry(id)
    expect(sent).toMatchObject({ status: 'sent', recipient: 'ada@example.com', subject: 'Hello', error: null })
    expect(sent?.providerId).not.toBeEmpty()
    expect(sent?.sentAt?.getTime()).toBeLessThanOrEqual(clock.now().getTime())
    expect(JSON.stringify(sent)).not.toContain('Asked at')
  })

  test('a mail of a transaction that rolls back is never sent', async () => {
    const { ctx, runJobs, app } = await open()
    const broken = bookkeeping(ctx(), async (tx) => {
      await sendMail(tx, ctx(), greeting, toAda)
      throw new Error('changed my mind')
    })
    expect(broken).rejects.toThrow('changed my mind')
    await runJobs()
    expect(await peer.arrived()).toEqual([])
    expect(await app.db.$count(emails)).toBe(0)
  })

  // bar 48, bar 205
  test('while the provider is down a mail waits, and after that it arrives once, under one key', async () => {
    const { send, runJobs, entry, clock } = await open()
    peer.reply(503, 'down')
    const id = await send(greeting, toAda)
    for (const _ of [1, 2, 3]) {
      await runJobs()
      clock.advance(hours(1))
    }
    expect(await entry(id)).toMatchObject({ status: 'queued', error: expect.stringContaining('503') })
    peer.answer('accept')
    await runJobs()
    await runJobs()
    expect((await peer.arrived()).map(({ key }) => key)).toEqual([id])
    expect(await entry(id)).toMatchObject({ status: 'sent', error: null })
  })

  test('every attempt writes the same letter, so that the provider knows it again', async () => {
    const { send, runJobs, clock } = await open()
    const askedAt = clock.now().getTime()
    peer.reply(500, '')
    await send(greeting, toAda)
    await runJobs()
    clock.advance(hours(1))
    peer.answer('accept')
    await runJobs()
    const [, written = ''] = /Asked at (\S+)/.exec((await peer.arrived())[0]?.text ?? '') ?? []
    expect(Math.abs(Date.parse(written) - askedAt)).toBeLessThan(1000)
  })

  // bar 205
  test('a refusal for good is not repeated and is marked in the log', async () => {
    const { send, runJobs, entry, clock } = await open()
    peer.answer('refuse')
    const id = await send(greeting, toAda)
    await runJobs()
    expect(await entry(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('422') })
    expect((await entry(id))?.error).not.toContain('ada@')
    peer.answer('accept')
    clock.advance(hours(48))
    await runJobs()
    expect(await peer.arrived()).toEqual([])
  })

  test('a process that dies right after the provider took the mail does not send it again', async () => {
    const { send, runJobs, ctx } = await open()
    const id = await send(greeting, toAda)
    await bookkeeping(
      ctx(),
      async (tx) => void (await tx.update(emails).set({ status: 'sent' }).where(eq(emails.id, id))),
    )
    await runJobs()
    expect(await peer.arrived()).toEqual([])
  })

  test('a mail that has become pointless is skipped', async () => {
    const { send, runJobs, entry } = await open()
    const id = await send(pointless, {})
    await runJobs()
    expect(await entry(id)).toMatchObject({ status: 'skipped', recipient: null })
    expect(await peer.arrived()).toEqual([])
  })

  test('a mail that cannot be composed is tried again, and the log says why', async () => {
    const { send, runJobs, entry } = await open()
    const id = await send(faulty, {})
    await runJobs()
    expect(await entry(id)).toMatchObject({ status: 'queued', error: 'The row is not there' })
  })

  test('a mail that no feature knows any more fails for good', async () => {
    const { send, runJobs, entry } = await open()
    const id = await send(unlisted, {})
    await runJobs()
    expect(await entry(id)).toMatchObject({ status: 'failed', error: 'There is no mail called unlisted' })
  })

  test('a suppressed address gets nothing, however it is written, until it is taken off the list', async () => {
    const { send, runJobs, entry, ctx } = await open()
    await suppress(ctx(), 'Ada@Example.com', 'bounced')
    const id = await send(greeting, toAda)
    await runJobs()
    expect(await entry(id)).toMatchObject({ status: 'suppressed', recipient: 'ada@example.com' })
    expect(await peer.arrived()).toEqual([])
    await unsuppress(ctx(), 'ada@example.com')
    await send(greeting, toAda)
    await runJobs()
    expect(await peer.arrived()).toHaveLength(1)
  })

  test('a dedupe key that is taken sends no second mail', async () => {
    const { send, runJobs } = await open()
    expect(await send(greeting, toAda, { dedupeKey: 'once' })).not.toBeEmpty()
    expect(await send(greeting, toAda, { dedupeKey: 'once' })).toBeEmpty()
    await runJobs()
    expect(await peer.arrived()).toHaveLength(1)
  })

  test('the request that caused a mail can be found again by its header', async () => {
    const { app, runJobs, ctx } = await open()
    const asked = Object.assign(Object.create(ctx()), { requestId: 'req-12345678' })
    await bookkeeping(asked, (tx) => sendMail(tx, asked, greeting, toAda))
    await runJobs()
    expect((await peer.arrived())[0]?.headers['x-request-id']).toBe('req-12345678')
    expect((await app.db.select().from(emails))[0]?.requestId).toBe('req-12345678')
  })
})

describe('the mail log', () => {
  test('forgets after 90 days', async () => {
    const { send, runJobs, app, clock } = await open()
    await send(greeting, toAda)
    await runJobs()
    clock.advance(hours(24 * 89))
    await runJobs()
    expect(await app.db.$count(emails)).toBe(1)
    clock.advance(hours(24 * 2))
    await runJobs()
    expect(await app.db.$count(emails)).toBe(0)
  })

  test('is part of what a person is handed, and is erased with the person', async () => {
    const { send, runJobs, app, ctx } = await open()
    await send(greeting, toAda)
    await send(greeting, { userId: 'user-2', to: 'bob@example.com' })
    await runJobs()
    const { mail } = await import('#mail')
    const held = await mail.exportUser(ctx(), 'user-1')
    expect(held['emails.json']).toMatchObject([{ recipient: 'ada@example.com' }])
    await bookkeeping(ctx(), (tx) => mail.eraseUser(tx, ctx(), 'user-1'))
    expect(await app.db.select({ to: emails.recipient }).from(emails)).toEqual([{ to: 'bob@example.com' }])
  })
})

describe('health of mail', () => {
  test('warns while mails wait for the provider', async () => {
    const { send, runJobs, app } = await open()
    const { mail } = await import('#mail')
    expect(await mail.health(app)).toMatchObject({ status: 'pass', detail: { driver: 'resend' } })
    peer.reply(503, '')
    await send(greeting, toAda)
    await runJobs()
    expect(await mail.health(app)).toMatchObject({ status: 'warn', detail: { retrying: 1 } })
  })
})
