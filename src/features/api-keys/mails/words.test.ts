import { describe, expect, test } from 'bun:test'
import { letter } from '#mail'
import { testApp } from '#tests'
import { render } from '../../../mail/render'
import { mails } from '.'

/** Bytes from which on Gmail cuts a mail off. */
const CLIPPED = 102_400

const EVIL = '<img src=x onerror=alert(1)>{{7*7}} https://evil.example'

describe.each(mails.map((mail) => [mail.name, mail] as const))('the mail %s', (name, mail) => {
  test('has a subject, a text and an HTML part that say the same', async () => {
    const { app } = await testApp()
    const ctx = Object.assign(Object.create(app), { now: app.clock.now() })
    const written = await mail.sample(ctx, 'ada@example.com')
    const { html, text } = await render(ctx, written, mail.category)
    expect(written.subject).toMatch(/^\S.{5,70}\S$/)
    expect(written.to).toBe('ada@example.com')
    expect(text).toContain('Hello Ada Lovelace,')
    expect(html).toContain('Hello Ada Lovelace,')
    expect(html.length).toBeLessThan(CLIPPED)
    for (const [link] of text.matchAll(/https?:\S+/g)) {
      expect(link).toStartWith(app.config.appUrl)
      expect(html).toContain(link.replaceAll('&', '&amp;'))
    }
  })

  // bar 8
  test('repeats names that somebody chose as words only', async () => {
    const { app } = await testApp()
    const template = await import(`./${name}`)
    const sample = { ...template.sample, name: EVIL, keyName: EVIL }
    const { html, text } = await render(app, letter(app, 'ada@example.com', template, sample), mail.category)
    expect(html).toContain('{{7*7}}')
    expect(text).toContain('{{7*7}}')
    expect(html).not.toMatch(/<img|evil\.example/)
    expect(text).not.toMatch(/<img|evil\.example/)
  })
})
