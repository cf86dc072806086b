import { describe, expect, test } from 'bun:test'
import { testApp } from '#tests'

const open = async () => {
  const { app, outside } = await testApp()
  let serial = 0
  const send = (subject: string, html = '<html><head></head><body>Hello</body></html>', text = 'Hello') => {
    serial += 1
    return app.mailer.send({
      to: 'ada@example.com',
      subject,
      html,
      text,
      template: 'hello',
      idempotencyKey: `${serial}`,
    })
  }
  return { app, outside, send }
}

describe('the development inbox', () => {
  test('answers JSON, newest first, in the promised shape', async () => {
    const { outside, send } = await open()
    await send('first')
    const { id } = await send('second')
    const mails = await outside.get('/dev/mail.json').json()
    expect(mails.map((mail: { subject: string }) => mail.subject)).toEqual(['second', 'first'])
    expect(mails[0]).toEqual({
      id,
      to: 'ada@example.com',
      subject: 'second',
      html: '<html><head></head><body>Hello</body></html>',
      text: 'Hello',
      template: 'hello',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
  })

  test('shows the newest mail, or the chosen one, and looks for more only while none is chosen', async () => {
    const { outside, send } = await open()
    const { id } = await send('the first')
    await send('the second')
    const newest = (await outside.get('/dev/mail')).text
    expect(newest).toContain('<h1>the second</h1>')
    expect(newest).toContain('http-equiv="refresh"')
    const chosen = (await outside.get(`/dev/mail?id=${id}`)).text
    expect(chosen).toContain('<h1>the first</h1>')
    expect(chosen).not.toContain('http-equiv="refresh"')
  })

  test('is friendly when it is empty and when a mail is gone', async () => {
    const { outside } = await open()
    expect((await outside.get('/dev/mail')).text).toContain('No mail yet')
    expect((await outside.get('/dev/mail?id=gone')).text).toContain('no longer here')
  })

  test('a mail cannot run, load or submit anything in it, whatever it contains', async () => {
    const { outside, send } = await open()
    await send('<script>alert(1)</script>', '<head></head>"><script>alert(2)</script>', '<script>alert(3)</script>')
    const reply = await outside.get('/dev/mail')
    const page = reply.text
    expect(page).not.toContain('<script')
    expect(page).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"')
    const csp = reply.headers.get('content-security-policy')
    for (const rule of ["default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"])
      expect(csp).toContain(rule)
    expect(csp).not.toMatch(/script-src|connect-src/)
  })

  test('links in the text part can be followed', async () => {
    const { outside, send } = await open()
    await send('link', '<p></p>', 'Confirm: http://localhost:3000/verify-email?token=a&b=c')
    expect((await outside.get('/dev/mail')).text).toContain(
      '<a href="http://localhost:3000/verify-email?token=a&amp;b=c" target="_blank" rel="noopener">',
    )
  })

  test.each([
    [
      'in production',
      {
        NODE_ENV: 'production',
        LOG_LEVEL: 'silent',
        SECRET_KEY: 'k8Jx2mQz7Rt4Wv9Yb3Nc6Hd1Lf5Gp0Sa+kQ',
        APP_URL: 'https://app.example.com',
      },
    ],
    ['with a provider', { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'no-reply@keel.example' }],
  ])('is not there %s', async (_, env) => {
    const { outside } = await testApp({ env })
    expect((await outside.get('/dev/mail')).status).toBe(404)
    expect((await outside.get('/dev/mail.json')).status).toBe(404)
  })
})
