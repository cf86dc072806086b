import { expect } from 'bun:test'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axeCore from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { TestApp } from '#tests'
import * as features from '../../src/features'

const ROOT = join(import.meta.dir, '../..')
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]
const FLAGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
]
/** Milliseconds that something on the page may take on a busy machine. */
const PATIENCE = 15_000
const SHOTS = join(ROOT, 'tests/screenshots')

export const DESKTOP = { width: 1280, height: 800 }
export const PHONE = { width: 390, height: 844 }

/** The system's Chromium. Where there is none the suite is left out, but not on the server that judges changes. */
const executablePath = PLACES.find((path) => existsSync(path))
const hasBrowser = executablePath !== undefined || process.env.CI === 'true'

/** What the screens are about. Where one of these was removed, the tests of the page have lost their ground. */
const SHOWN = [
  'activity',
  'admin',
  'admin-page',
  'api-keys',
  'audit',
  'backups',
  'exports',
  'files',
  'jobs',
  'webhooks',
]
const there = new Set<string>(Object.values(features).map(({ name }) => name))
export const canLook = hasBrowser && SHOWN.every((name) => there.has(name))

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ args: FLAGS, ...(executablePath && { executablePath }) })

interface Visit {
  page: Page
  context: BrowserContext
  /** The page's own address, such as `/people`. */
  open(path: string): Promise<void>
  shot(name: string, dark?: boolean): Promise<void>
  /** What went wrong on the page and who else was asked, so far. */
  faults: string[]
  close(): Promise<void>
}

interface Options {
  size?: { width: number; height: number }
  /** Refusals that the test causes on purpose are no faults. */
  refusals?: boolean
}

/** A window on the admin page; signed in, when it is told as whom. */
export const visit = async (
  browser: Browser,
  app: TestApp,
  who?: { email: string; password: string },
  { size = DESKTOP, refusals = false }: Options = {},
): Promise<Visit> => {
  const { url } = app.listen()
  const context = await browser.newContext({
    viewport: size,
    colorScheme: 'light',
    reducedMotion: 'reduce',
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  context.setDefaultTimeout(PATIENCE)
  if (who) {
    const { email, password } = who
    const answer = await context.request.post('/api/v1/auth/login?transport=cookie', {
      data: { email, password },
      headers: { origin: url },
    })
    expect(answer.status()).toBe(200)
  }
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    const expected = refusals && message.text().startsWith('Failed to load resource')
    if ((message.type() === 'error' || message.type() === 'warning') && !expected) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
      faults.push(`asked ${request.url()}`)
  })
  return {
    page,
    context,
    faults,
    open: async (path) => {
      if (page.url() === 'about:blank') await page.goto(`/admin${path}`)
      else await page.evaluate(goTo, `/admin${path}`)
      await settled(page)
    },
    shot: async (name, dark = false) => {
      mkdirSync(SHOTS, { recursive: true })
      await page.screenshot({
        path: join(SHOTS, `${name}-${size.width}${dark ? '-dark' : ''}.png`),
        animations: 'disabled',
      })
    },
    close: () => context.close(),
  }
}

/** As a link inside the page does it: nothing is loaded anew. */
const goTo = (to: string) => {
  history.pushState(null, '', to)
  dispatchEvent(new PopStateEvent('popstate'))
}

/** Until the screen is there and no longer waits for anything. */
export const settled = async (page: Page) => {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root') === null)
}

interface Violation {
  id: string
  impact: string | null
  nodes: { html: string; failureSummary: string }[]
}

/** What axe-core finds that keeps people out: serious and critical. */
export const axe = async (page: Page): Promise<string[]> => {
  // Straight into the page's world: its policy keeps script elements out, as it should.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeCore.source)
  const violations: Violation[] = await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}
