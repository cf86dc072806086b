import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openMailer } from '#adapters/mailer/open'
import type { Mail, Mailer } from '#adapters/mailer/port'
import { PermanentFailure, seconds } from '#core'
import { stoppedClock } from '../support/clock'
import { type Arrived, resendPeer, smtpPeer } from '../support/mail-peers'
import { tempFolder } from '../support/temp'

/** Milliseconds after which a driver that is told so gives up: short, so that the test of silence is. */
const IMPATIENT = 200

const clock = stoppedClock()
const folder = tempFolder()
const resend = resendPeer()
const smtp = await smtpPeer()
afterAll(async () => {
  resend.stop()
  await smtp.stop()
  folder.remove()
})

interface Settings {
  resendKey?: string
  resendBaseUrl?: string
  smtpUrl?: string
}
const RESEND: Settings = { resendKey: 're_test', resendBaseUrl: resend.url }
const SMTP: Settings = { smtpUrl: smtp.url }

const open = ({ resendKey, resendBaseUrl, smtpUrl }: Settings, timeout?: number): Mailer => {
  const mail = { resendKey, resendBaseUrl, smtpUrl, from: 'Keel <no-reply@keel.example>' }
  return openMailer({ mail, dataDir: folder.path }, clock, timeout)
}

const inbox = open({})
const drivers: {
  name: 'inbox' | 'resend' | 'smtp'
  mailer: Mailer
  settings: Settings
  arrived: () => Promise<Arrived[]>
  clear: () => void
}[] = [
  {
    name: 'inbox',
    mailer: inbox,
    settings: {},
    arrived: async () => ((await inbox.inbox?.()) ?? []).map((mail) => ({ ...mail, to: [mail.to], headers: {} })),
    clear: () => rmSync(join(folder.path, 'mail'), { recursive: true, force: true }),
  },
  { name: 'resend', mailer: open(RESEND), settings: RESEND, ...resend },
  { name: 'smtp', mailer: open(SMTP), settings: SMTP, ...smtp },
]

let serial = 0
const mailTo = (to: string, more: Partial<Mail> = {}): Mail => {
  serial += 1
  const content = { subject: 'Grüße – 你好', html: '<p>Hello</p>', text: 'Hello', template: 'hello' }
  return { to, ...content, idempotencyKey: `key-${serial}`, ...more }
}

const failure = async (sending: Promise<unknown>): Promise<Error> => {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Error) return error
  throw new Error('It was sent')
}

beforeEach(() => {
  for (const driver of drivers) driver.clear()
})

describe.each(drivers)('mailer: $name', ({ name, mailer, arrived }) => {
  test('is the driver that the settings ask for', () => {
    expect(mailer.driver).toBe(name)
  })

  test('a mail arrives as it was sent, once, at its one recipient', async () => {
    const { id } = await mailer.send(mailTo('ada@example.com'))
    expect(id).not.toBeEmpty()
    const [mail, ...others] = await arrived()
    expect(others).toEqual([])
    expect(mail).toMatchObject({ to: ['ada@example.com'], subject: 'Grüße – 你好' })
    expect(mail?.html.trim()).toBe('<p>Hello</p>')
    expect(mail?.text.trim()).toBe('Hello')
  })

  // bar 7
  test('a line break in a subject adds neither a header nor a recipient', async () => {
    await mailer.send(mailTo('ada@example.com', { subject: 'Hi Ada\r\nBcc: eve@evil.example\r\n\r\nBody' }))
    const [mail] = await arrived()
    expect(mail?.to).toEqual(['ada@example.com'])
    expect(mail?.subject).toBe('Hi Ada Bcc: eve@evil.example Body')
    expect(mail?.headers.bcc).toBeUndefined()
  })

  // bar 6, bar 7
  test.each([
    ['a line break', 'ada@example.com\r\nBcc: eve@evil.example'],
    ['a second address', 'ada@example.com, eve@evil.example'],
    ['a list by semicolon', 'ada@example.com;eve@evil.example'],
    ['a name around it', 'Ada <ada@example.com>'],
    ['a quoted part', '"eve@evil.example,"@example.com'],
    ['a comment', 'ada(x)@example.com'],
    ['a NUL', 'ada\0@example.com'],
    ['a space', 'ada @example.com'],
    ['a full-width at sign', 'ada＠evil.example@example.com'],
    ['two at signs', 'ada@evil.example@example.com'],
    ['no at sign', 'ada'],
    ['nothing in it', ''],
  ])('an address with %s is refused for good, and nothing arrives', async (_, to) => {
    expect(await failure(mailer.send(mailTo(to)))).toBeInstanceOf(PermanentFailure)
    expect(await arrived()).toEqual([])
  })

  // bar 7
  test.each([
    ['a line break in its value', { 'X-Request-Id': 'abc\r\nBcc: eve@evil.example' }],
    ['a line break in its name', { 'X-A\r\nBcc': 'eve@evil.example' }],
    ['the recipient', { Bcc: 'eve@evil.example' }],
    ['the sender', { from: 'eve@evil.example' }],
  ])('a header with %s is refused for good, and nothing arrives', async (_, headers) => {
    expect(await failure(mailer.send(mailTo('ada@example.com', { headers })))).toBeInstanceOf(PermanentFailure)
    expect(await arrived()).toEqual([])
  })
})

describe.each(drivers.filter(({ name }) => name !== 'inbox'))(
  'mailer with a provider: $name',
  ({ name, mailer, settings, arrived }) => {
    const peer = name === 'smtp' ? smtp : resend
    afterEach(() => peer.answer('accept'))

    test('extra headers arrive', async () => {
      await mailer.send(mailTo('ada@example.com', { headers: { 'X-Request-Id': 'req-12345678' } }))
      expect((await arrived())[0]?.headers['x-request-id']).toBe('req-12345678')
    })

    test('every attempt carries the same key', async () => {
      const mail = mailTo('ada@example.com')
      await mailer.send(mail)
      await mailer.send(mail)
      const [first, second] = await arrived()
      expect(first?.key).not.toBeEmpty()
      expect(second?.key).toBe(first?.key)
    })

    // bar 205
    test('a refusal for good is a PermanentFailure that says why and names no address', async () => {
      peer.answer('refuse')
      const error = await failure(mailer.send(mailTo('ada@example.com')))
      expect(error).toBeInstanceOf(PermanentFailure)
      expect(error.message).toContain(name === 'smtp' ? '550' : '422')
      expect(error.message).not.toContain('ada@')
    })

    // bar 205
    test.each(['busy', 'drop'] as const)('when it answers with %s, another try is worth it', async (answer) => {
      peer.answer(answer)
      expect(await failure(mailer.send(mailTo('ada@example.com')))).not.toBeInstanceOf(PermanentFailure)
      peer.answer('accept')
      await mailer.send(mailTo('ada@example.com'))
      expect(await arrived()).toHaveLength(1)
    })

    // bar 205
    test('when it says nothing, the driver gives up in time, and another try is worth it', async () => {
      const impatient = open(settings, IMPATIENT)
      peer.answer('hang')
      const started = performance.now()
      expect(await failure(impatient.send(mailTo('ada@example.com')))).not.toBeInstanceOf(PermanentFailure)
      expect(performance.now() - started).toBeLessThan(seconds(4))
      expect(await arrived()).toEqual([])
    })
  },
)

describe('mailer: what only one driver has', () => {
  afterEach(() => resend.answer('accept'))

  test.each([400, 401, 403, 404, 409, 422])('Resend %i is final, with any body', async (status) => {
    const mailer = open(RESEND)
    for (const body of ['{}', 'no JSON', '{"statusCode":500}']) {
      resend.reply(status, body)
      expect(await failure(mailer.send(mailTo('ada@example.com')))).toBeInstanceOf(PermanentFailure)
    }
  })

  test.each([429, 500, 502, 503])('Resend %i is tried again, with any body', async (status) => {
    const mailer = open(RESEND)
    for (const body of ['{}', 'no JSON', '{"statusCode":422}']) {
      resend.reply(status, body)
      expect(await failure(mailer.send(mailTo('ada@example.com')))).not.toBeInstanceOf(PermanentFailure)
    }
  })

  test('Resend that is still busy with the first try is asked again', async () => {
    const mailer = open(RESEND)
    resend.reply(409, '{"statusCode":409,"name":"concurrent_idempotent_requests","message":"in progress"}')
    expect(await failure(mailer.send(mailTo('ada@example.com')))).not.toBeInstanceOf(PermanentFailure)
  })

  test('a provider that cannot be reached is tried again', async () => {
    for (const settings of [
      { resendKey: 're_test', resendBaseUrl: 'http://127.0.0.1:1' },
      { smtpUrl: 'smtp://127.0.0.1:1' },
    ]) {
      expect(await failure(open(settings).send(mailTo('ada@example.com')))).not.toBeInstanceOf(PermanentFailure)
    }
  })

  test('the inbox answers a repeated key with the first mail, also when both come at once', async () => {
    const mail = mailTo('ada@example.com')
    const [first, second] = await Promise.all([inbox.send(mail), inbox.send(mail)])
    expect(second.id).toBe(first.id)
    // Another process of the same folder knows it too.
    expect((await open({}).send(mail)).id).toBe(first.id)
    expect(await inbox.inbox?.()).toHaveLength(1)
  })

  test('the inbox lists the newest first and gives the time of the clock', async () => {
    await inbox.send(mailTo('ada@example.com', { subject: 'first' }))
    await inbox.send(mailTo('ada@example.com', { subject: 'second' }))
    const mails = (await inbox.inbox?.()) ?? []
    expect(mails.map(({ subject }) => subject)).toEqual(['second', 'first'])
    expect(mails[0]?.createdAt).toBe(clock.now().toISOString())
  })

  test('the inbox keeps the last mails only', async () => {
    const { inboxMailer } = await import('#adapters/mailer/inbox')
    const small = inboxMailer({ folder: join(folder.path, 'mail'), clock, keep: 3 })
    for (const subject of ['1', '2', '3', '4', '5']) await small.send(mailTo('ada@example.com', { subject }))
    expect(((await small.inbox?.()) ?? []).map(({ subject }) => subject)).toEqual(['5', '4', '3'])
  })

  test('a half-written or broken file does not hide the other mails, and only the owner may read them', async () => {
    await inbox.send(mailTo('ada@example.com', { subject: 'whole' }))
    const mails = join(folder.path, 'mail')
    const [file = ''] = readdirSync(mails)
    expect(statSync(join(mails, file)).mode & 0o077).toBe(0)
    expect(statSync(mails).mode & 0o077).toBe(0)
    writeFileSync(join(mails, 'crashed.tmp'), '{"id":')
    writeFileSync(join(mails, '0.broken.json'), '{"id":')
    expect(((await inbox.inbox?.()) ?? []).map(({ subject }) => subject)).toEqual(['whole'])
  })
})
