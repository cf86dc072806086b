import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { defineFeature, defineJob, PermanentFailure, systemContext } from '#core'
import { bookkeeping } from '#db'
import { type TestApp, testApp } from '#tests'
import * as list from '../../src/features'
import { anew, confirm, record, SLOW, said } from './acts'
import { canLook, openBrowser, visit } from './browser'

const breaks = defineJob<{ n: number }>('stage.breaks', {
  run: async () => {
    throw new PermanentFailure('The provider said no')
  },
})
const features = [...Object.values(list), defineFeature({ name: 'stage', jobs: [breaks] })]

describe.skipIf(!canLook)('on the admin page', () => {
  let browser: Browser
  let house: TestApp
  let office: Awaited<ReturnType<typeof visit>>

  beforeAll(async () => {
    browser = await openBrowser()
    house = await testApp({ shared: true, features, env: { RATE_LIMIT: 'off' } })
    await house.as.admin.id()
    await fetch(`${house.listen().url}/admin`)
    office = await visit(browser, house, house.as.admin)
  }, SLOW)
  afterEach(() => expect(office.faults).toEqual([]))
  afterAll(() => browser?.close())

  /** What the browser gets when that is pressed. */
  const downloaded = async (press: () => Promise<void>) => {
    const [download] = await Promise.all([office.page.waitForEvent('download'), press()])
    return readFileSync(await download.path())
  }

  test(
    'people are written into a CSV file and it is downloaded',
    async () => {
      await house.as.ada.id()
      const { page } = office
      await anew(page, '/exports')
      await confirm(page, 'Export people…', 'Export')
      await said(page, 'The export has begun')
      await page.locator('[data-status=pending]').waitFor()
      await house.runJobs()
      const link = page.getByRole('link', { name: 'Download' })
      expect((await downloaded(() => link.click())).toString()).toContain('ada@example.com')
      expect(await record(house, 'export.requested')).toMatchObject({ actor: { id: await house.as.admin.id() } })
      expect(await record(house, 'export.downloaded')).toMatchObject({ outcome: 'success' })
    },
    SLOW,
  )

  test(
    'the audit log is filtered, shows what has changed, and is downloaded',
    async () => {
      const { admin } = house.as
      const bob = await house.as.bob.id()
      await admin.patch(`/admin/users/${bob}/role`, { role: 'support' }).json()
      const { page } = office
      await anew(page, '/audit')
      await page.getByLabel('Action, such as user.*').fill('user.role_changed')
      await page.waitForURL(/action=user.role_changed/)
      await page.getByRole('button', { name: 'User registered' }).first().waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'User role changed' }).first().click()
      const row = page.getByRole('dialog').getByRole('row', { name: /^role/ })
      expect(await row.getByRole('cell').allTextContents()).toEqual(['role', 'user', 'support'])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      const text = (await downloaded(() => page.getByRole('link', { name: 'Download' }).click())).toString()
      expect(text).toContain('user.role_changed')
      expect(text).not.toContain('user.registered')
      expect(await record(house, 'audit.exported')).toMatchObject({ actor: { id: await admin.id() } })
    },
    SLOW,
  )

  test(
    'a dead job is run again and discarded',
    async () => {
      const ctx = systemContext(house.app, 'test')
      const id = await bookkeeping(ctx, (tx) => house.app.queue.enqueue(tx, ctx, breaks, { n: 1 }))
      await house.runJobs()
      const { page } = office
      await anew(page, `/jobs?job=${id}`)
      const drawer = page.getByRole('dialog')
      await drawer.getByText('The provider said no').waitFor()
      await confirm(page, 'Run now…', 'Run now')
      await said(page, 'It is due now')
      await drawer.locator('[data-status=waiting]').waitFor()
      expect(await record(house, 'job.retried')).toMatchObject({ resource: { id } })
      await house.runJobs()
      await anew(page, `/jobs?job=${id}`)
      await drawer.locator('[data-status=dead]').waitFor()
      await confirm(page, 'Discard…', 'Discard')
      await said(page, 'The job is gone')
      expect(await record(house, 'job.discarded')).toMatchObject({ resource: { id } })
      expect((await house.as.admin.get(`/admin/jobs/${id}`)).status).toBe(404)
    },
    SLOW,
  )

  test(
    'a file is deleted, and a kind of mail looked at and sent',
    async () => {
      const form = new FormData()
      form.set('file', new File(['hello'], 'notes.txt'))
      await house.as.ada.post('/upload', form).json()
      const { page } = office
      await anew(page, '/files')
      await page.getByText('notes.txt').waitFor()
      await confirm(page, 'Delete…', 'Delete')
      await said(page, 'The file is gone')
      expect(await record(house, 'file.deleted')).toMatchObject({ actor: { id: await house.as.admin.id() } })
      await anew(page, '/mails?preview=welcome')
      await page.frameLocator('iframe.mail').locator('a').first().waitFor()
      await anew(page, '/mails')
      await confirm(page, 'Send a sample…', 'Send', (dialog) => dialog.getByLabel('To').fill('sample@example.com'))
      await said(page, 'The sample was sent')
      await page.getByText('sample@example.com').first().waitFor()
    },
    SLOW,
  )

  test(
    'a backup is made, verified, downloaded and tried',
    async () => {
      const { page } = office
      await anew(page, '/backups')
      await page.getByRole('button', { name: 'Back up now' }).click()
      await said(page, 'The backup is being made')
      await house.runJobs()
      await page.getByRole('button', { name: 'Verify' }).click()
      await said(page, 'The backup is whole')
      expect(await record(house, 'backup.verified')).toMatchObject({ outcome: 'success' })
      const bytes = await downloaded(async () => {
        await page.getByRole('button', { name: 'Download' }).click()
        const proof = page.getByRole('dialog', { name: 'It is you, is it?' })
        await proof.getByRole('textbox', { name: 'Password' }).fill(house.as.admin.password)
        await proof.getByRole('button', { name: 'Go on' }).click()
      })
      expect(bytes.length).toBeGreaterThan(1000)
      expect(await record(house, 'backup.downloaded')).toMatchObject({ outcome: 'success' })
      await confirm(page, 'Restore…', 'Go on')
      await said(page, /rows could be restored/)
      expect(await record(house, 'backup.restore_requested')).toMatchObject({ outcome: 'success' })
    },
    SLOW,
  )
})
