import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type TestApp, testApp } from '#tests'
import { axe, canLook, DESKTOP, openBrowser, PHONE, visit } from './browser'
import { furnish } from './furnish'

const SLOW = 120_000

const SCREENS = [
  ['overview', '/'],
  ['people', '/people'],
  ['people-search', '/people?q=ada'],
  ['roles', '/roles'],
  ['audit', '/audit'],
  ['mails', '/mails'],
  ['files', '/files'],
  ['jobs', '/jobs'],
  ['queues', '/jobs?tab=queues'],
  ['schedules', '/jobs?tab=schedules'],
  ['webhooks', '/webhooks'],
  ['exports', '/exports'],
  ['backups', '/backups'],
  ['deprecations', '/deprecations'],
  ['limits', '/limits'],
  ['keys', '/keys'],
  ['account', '/account'],
  ['nowhere', '/nowhere'],
] as const

describe.skipIf(!canLook)('every screen', () => {
  let browser: Browser
  let house: TestApp
  let drawers: readonly (readonly [string, string])[]

  beforeAll(async () => {
    house = await testApp({
      shared: true,
      env: { RATE_LIMIT: 'off', WEBHOOK_ALLOW_PRIVATE: 'on', WEBHOOK_ALLOW_HTTP: 'on' },
    })
    const { personId, webhookId, jobId } = await furnish(house)
    drawers = [
      ['person', `/people?person=${personId}`],
      ['person-access', `/people?person=${personId}&tab=access`],
      ['person-audit', `/people?person=${personId}&tab=audit`],
      ['webhook', `/webhooks?webhook=${webhookId}`],
      ['job', `/jobs?job=${jobId}`],
      ['mail', '/mails?preview=welcome'],
    ]
    browser = await openBrowser()
    // Builds the page, where it is not built yet.
    await fetch(`${house.listen().url}/admin`)
  }, SLOW)
  afterAll(() => browser?.close())

  test.each([DESKTOP, PHONE])(
    'renders at $width without an error or a request to another host, and nothing on it keeps anybody out',
    async (size) => {
      const { page, open, shot, faults, close } = await visit(browser, house, house.as.admin, { size })
      const found: Record<string, string[]> = {}
      for (const [name, path] of [...SCREENS, ...drawers]) {
        await open(path)
        if (/[?&](person|webhook|job|preview)=/.test(path)) await page.getByRole('dialog').waitFor()
        for (const dark of [false, true]) {
          await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })
          await shot(name, dark)
          // Colours are the same at any width.
          if (dark && size === PHONE) continue
          const violations = await axe(page)
          if (violations.length > 0) found[`${name}${dark ? ' (dark)' : ''}`] = violations
        }
        if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
          faults.push('scrolls sideways')
        if (faults.length > 0) found[name] = [...(found[name] ?? []), ...faults.splice(0)]
      }
      await close()
      expect(found).toEqual({})
    },
    SLOW,
  )

  test.each([DESKTOP, PHONE])(
    'the way in holds the same at $width',
    async (size) => {
      const { page, open, shot, faults, close } = await visit(browser, house, undefined, { size })
      await open('/')
      for (const dark of [false, true]) {
        await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })
        await shot('sign-in', dark)
        expect(await axe(page)).toEqual([])
      }
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )
})
