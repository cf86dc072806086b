import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type TestApp, testApp } from '#tests'
import { type Receiver, receiver } from '../support/receiver'
import { LOOPBACK } from '../support/webhooks'
import { anew, confirm, record, SLOW, said, takeSecret } from './acts'
import { canLook, openBrowser, settled, visit } from './browser'

describe.skipIf(!canLook)('a webhook on the admin page', () => {
  let browser: Browser
  let house: TestApp
  let office: Awaited<ReturnType<typeof visit>>
  let peer: Receiver
  let works = false
  let id: string

  beforeAll(async () => {
    browser = await openBrowser()
    peer = receiver(() => new Response(works ? 'thanks' : 'not today', { status: works ? 200 : 410 }))
    house = await testApp({ shared: true, env: LOOPBACK })
    await house.as.admin.id()
    await fetch(`${house.listen().url}/admin`)
    office = await visit(browser, house, house.as.admin)
  }, SLOW)
  afterEach(() => expect(office.faults).toEqual([]))
  afterAll(async () => {
    await peer?.stop()
    await browser?.close()
  })

  const hook = async () => (await house.as.admin.get(`/webhooks/${id}`)).status
  const look = () => anew(office.page, `/webhooks?webhook=${id}`)

  test(
    'is made, and sends a test that the receiver gets',
    async () => {
      works = true
      const { page } = office
      await anew(page, '/webhooks')
      await confirm(page, 'New webhook…', 'Add webhook', (dialog) =>
        dialog.getByLabel('Address').fill(`${peer.url}/hook`),
      )
      expect(await takeSecret(page)).toStartWith('whsec_')
      await page.getByRole('button', { name: `${peer.url}/hook` }).click()
      await page.getByRole('button', { name: 'Send a test' }).click()
      await said(page, 'A test is on its way')
      await house.runJobs()
      await page.getByRole('dialog').locator('[data-status=delivered]').first().waitFor()
      expect(peer.received.map(({ raw }) => JSON.parse(raw).type)).toContain('webhook.test')
      const { resource } = await record(house, 'webhook.created')
      id = resource.id
    },
    SLOW,
  )

  test(
    'shows what the receiver answered, and sends one delivery again',
    async () => {
      const { page } = office
      await look()
      const before = peer.received.length
      await page.getByRole('button', { name: /webhook\.test/ }).click()
      await page.getByText('thanks').waitFor()
      await page.getByRole('button', { name: 'Send again', exact: true }).click()
      await said(page, 'It is sent again')
      await house.runJobs()
      await peer.has(before + 1)
      expect(await record(house, 'webhook.delivery_retried')).toMatchObject({ outcome: 'success' })
    },
    SLOW,
  )

  test(
    'sends again what has failed since a time',
    async () => {
      works = false
      const { page } = office
      await look()
      await page.getByRole('button', { name: 'Send a test' }).click()
      await said(page, 'A test is on its way')
      await house.runJobs()
      const states = page.getByRole('dialog').locator('.mantine-Accordion-root [data-status]')
      await states.and(page.locator(':not([data-status=delivered])')).first().waitFor()
      works = true
      await house.as.admin.patch(`/webhooks/${id}`, { disabled: false }).json()
      await look()
      const before = peer.received.length
      await confirm(page, 'Send again…', 'Send again', async (dialog) => {
        const since = new Date(house.clock.now().getTime() - 3_600_000).toISOString()
        await dialog.getByLabel('Since').fill(since.slice(0, 16))
      })
      await said(page, 'It is on its way')
      await house.runJobs()
      await peer.has(before + 1)
      expect(await record(house, 'webhook.recovered')).toMatchObject({ resource: { id } })
    },
    SLOW,
  )

  test(
    'gets a new secret, is turned off and on, and deleted',
    async () => {
      const { page } = office
      await look()
      await confirm(page, 'Rotate secret…', 'Rotate')
      expect(await takeSecret(page)).toStartWith('whsec_')
      expect(await record(house, 'webhook.secret_rotated')).toMatchObject({ resource: { id } })
      await page.getByRole('button', { name: 'Turn off' }).click()
      await page.getByRole('button', { name: 'Turn on' }).click()
      await page.getByRole('button', { name: 'Turn off' }).waitFor()
      expect(await record(house, 'webhook.updated')).toMatchObject({ resource: { id } })
      await confirm(page, 'Delete…', 'Delete')
      await said(page, 'The webhook is gone')
      await settled(page)
      expect(await record(house, 'webhook.deleted')).toMatchObject({ resource: { id } })
      expect(await hook()).toBe(404)
    },
    SLOW,
  )
})
