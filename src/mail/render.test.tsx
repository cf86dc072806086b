import { describe, expect, test } from 'bun:test'
import type { Letter, MailCategory } from '#mail'
import { Action, Code, Facts, Greeting, Link } from '#mail/parts'
import { tempFolder } from '#tests'
import { loadConfig } from '../config'
import { render } from './render'

const folder = tempFolder()
const settings = {
  NODE_ENV: 'test',
  APP_NAME: 'Harbour & Sons',
  APP_URL: 'https://app.example.com',
  DATA_DIR: folder.path,
}
const config = loadConfig(settings)
folder.remove()

const rendered = (body: Letter['body'], more: Partial<Letter> = {}, category: MailCategory = 'account') =>
  render({ config }, { to: 'ada@example.com', subject: 'Hello', body, ...more }, category)

describe('the frame of a mail', () => {
  test('names the service, links to it, and says why one gets it', async () => {
    const { html, text } = await rendered(<p>Hello</p>)
    expect(html).toContain('href="https://app.example.com"')
    expect(html).toContain('Harbour &amp; Sons')
    expect(text).toContain('You get this mail because of your account at Harbour & Sons.')
  })

  test('says its own reason when the letter brings one', async () => {
    const { text } = await rendered(<p>Hello</p>, { why: 'Because you asked.' })
    expect(text).toContain('Because you asked.')
    expect(text).not.toContain('because of your account')
  })

  test('shows the preheader in HTML only', async () => {
    const { html, text } = await rendered(<p>Hello</p>, { preheader: 'All is well.' })
    expect(html).toContain('All is well.')
    expect(text).not.toContain('All is well.')
  })

  test('loads nothing from anywhere and runs nothing', async () => {
    const { html } = await rendered(<Action href="https://app.example.com/x">Go</Action>)
    expect(html).not.toMatch(/<(img|script|iframe|object|form|link)\b|url\(|@import| on\w+=/i)
  })
})

// bar 8
describe('what people call themselves', () => {
  const greet = (name: string) => rendered(<Greeting name={name} />)

  test('is not markup, neither in HTML nor in text', async () => {
    const { html, text } = await greet('<a href="https://evil.example">click</a>')
    expect(html).toContain('&lt;a href=')
    expect(html).not.toContain('<a href="https://evil')
    expect(text).not.toMatch(/<a|<\/a>/)
  })

  test('is not a template', async () => {
    const { html, text } = await greet('{{7*7}} <%= 7*7 %>')
    expect(html).toContain('{{7*7}} &lt;%= 7*7 %&gt;')
    expect(text).toContain('{{7*7}}')
  })

  test('does not become a link in readers that make links of what looks like one', async () => {
    const { html, text } = await greet('You won: https://evil.example/prize or www.evil.example')
    for (const part of [html, text]) expect(part).not.toMatch(/evil\.example|:\/\/evil|www\.evil/)
  })

  test('does not break lines, turn the text around or run on for ever', async () => {
    const { text } = await greet(`Ada\r\n\r\nBcc: eve@evil.example\u202e${'x'.repeat(10_000)}`)
    const [line = ''] = text.split('\n').filter((each) => each.startsWith('Hello'))
    expect(line).toStartWith('Hello Ada Bcc: eve@')
    expect(line).not.toContain('\u202e')
    expect(line.length).toBeLessThan(120)
  })

  test('may be nothing at all', async () => {
    expect((await greet(' \u200b ')).text).toContain('Hello,')
  })

  test('is kept as it is when it is a name', async () => {
    for (const name of ['Ada Lovelace', "Seán O'Brien", '李小龍', 'محمد', 'J. R. R. Tolkien 🚀']) {
      expect((await greet(name)).text).toContain(`Hello ${name},`)
    }
  })
})

describe('parts', () => {
  test('a button has its address in the text, and in HTML once more to copy', async () => {
    const href = 'https://app.example.com/verify-email?token=abc_-123'
    const { html, text } = await rendered(<Action href={href}>Confirm</Action>)
    expect(text).toContain(`Confirm: ${href}`)
    expect(html).toContain(`>${href}</a>`)
  })

  test('a link has its address in the text', async () => {
    const { text } = await rendered(
      <p>
        <Link href="https://app.example.com/x">Here</Link>
      </p>,
    )
    expect(text).toContain('Here https://app.example.com/x')
  })

  test('facts that are not known are left out', async () => {
    const rows = [
      ['Device', 'Firefox 131.0'],
      ['IP address', undefined],
      ['When', '2026-11-22 10:00 UTC'],
    ] as const
    const { text } = await rendered(<Facts rows={rows} />)
    expect(text).toContain('Device: Firefox 131.0\nWhen: 2026-11-22 10:00 UTC')
    expect(text).not.toContain('IP address')
  })

  test('a code stands in the text as it is typed', async () => {
    expect((await rendered(<Code>123456</Code>)).text).toContain('123456')
  })
})
