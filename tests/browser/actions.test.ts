import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { minutes } from '#core'
import { type TestApp, testApp } from '#tests'
import { confirm, recorded, SLOW, said } from './acts'
import { canLook, openBrowser, settled, visit } from './browser'

describe.skipIf(!canLook)('on the admin page', () => {
  let browser: Browser
  let house: TestApp

  beforeAll(async () => {
    browser = await openBrowser()
    house = await testApp({
      shared: true,
      env: { RATE_LIMIT: 'off', WEBHOOK_ALLOW_PRIVATE: 'on', WEBHOOK_ALLOW_HTTP: 'on' },
    })
    await house.as.admin.id()
    await fetch(`${house.listen().url}/admin`)
  }, SLOW)
  afterAll(() => browser?.close())

  test(
    'one signs in, and out again for good',
    async () => {
      const { admin } = house.as
      const { page, context, open, close } = await visit(browser, house, undefined, { refusals: true })
      await open('/')
      await page.getByLabel('Address').fill(admin.email)
      await page.getByRole('textbox', { name: 'Password' }).fill('not the password')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('invalid_credentials').waitFor()
      await page.getByRole('textbox', { name: 'Password' }).fill(admin.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      const stolen = await context.storageState()
      await page.getByRole('button', { name: /^Account of/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      const again = await browser.newContext({ storageState: stolen, baseURL: house.listen().url })
      expect((await again.request.get('/api/v1/auth/me')).status()).toBe(401)
      await again.close()
      await close()
    },
    SLOW,
  )

  test(
    'who has a second factor is asked for it, and loses it only by the hand of an admin',
    async () => {
      const grace = house.person('grace')
      const { secret } = await grace.post('/auth/2fa/enable', { password: grace.password }).json()
      const code = () => new TOTP({ secret }).generate({ timestamp: house.clock.now().getTime() })
      await grace.post('/auth/2fa/verify', { code: code() }).json()
      house.clock.advance(minutes(1))
      const { page, open, close } = await visit(browser, house, undefined, { refusals: true })
      await open('/')
      await page.getByLabel('Address').fill(grace.email)
      await page.getByRole('textbox', { name: 'Password' }).fill(grace.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Your second factor' }).waitFor()
      await page.getByLabel('Code').fill(code())
      await page.getByRole('button', { name: 'Confirm' }).click()
      await page.getByText('It is on: signing in takes a code').waitFor()
      await close()
      const office = await visit(browser, house, house.as.admin)
      await office.open(`/people?person=${await grace.id()}`)
      await confirm(office.page, 'Reset second factor…', 'Reset second factor')
      await said(office.page, 'The second factor is off')
      expect(await recorded(house, 'two_factor.*')).toContainEqual(
        expect.objectContaining({ actor: expect.objectContaining({ id: await house.as.admin.id() }) }),
      )
      expect(office.faults).toEqual([])
      await office.close()
    },
    SLOW,
  )

  test(
    'somebody is banned with a reason and let in again, and both are on record',
    async () => {
      const id = await house.person('mallory').id()
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open(`/people?person=${id}`)
      await confirm(page, 'Ban…', 'Ban', (dialog) => dialog.getByLabel('Reason').fill('Sent spam'))
      await said(page, 'Mallory is banned')
      expect((await recorded(house, 'user.banned'))[0]).toMatchObject({ resource: { id }, outcome: 'success' })
      await confirm(page, 'Lift ban…', 'Lift ban')
      await said(page, 'Mallory may sign in again')
      expect((await recorded(house, 'user.unbanned'))[0]).toMatchObject({ resource: { id } })
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'a dangerous act asks for the password first and goes on by itself',
    async () => {
      const id = await house.person('carol').id()
      const { admin } = house.as
      const { page, open, close } = await visit(browser, house, admin, { refusals: true })
      house.clock.advance(minutes(16))
      await admin.signIn()
      await open(`/people?person=${id}`)
      await confirm(page, 'Change role…', 'Change role', async (dialog) => {
        await dialog.getByLabel('Role').click()
        await page.getByRole('option', { name: 'support' }).click()
      })
      const proof = page.getByRole('dialog', { name: 'It is you, is it?' })
      await proof.getByRole('textbox', { name: 'Password' }).fill(admin.password)
      await proof.getByRole('button', { name: 'Go on' }).click()
      await said(page, 'The role has changed')
      const [entry] = await recorded(house, 'user.role_changed')
      expect(entry).toMatchObject({ resource: { id }, before: { role: 'user' }, after: { role: 'support' } })
      await close()
    },
    SLOW,
  )

  test(
    'sessions are ended, people deleted and restored',
    async () => {
      const id = await house.person('dave').id()
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open(`/people?person=${id}`)
      await confirm(page, 'End sessions…', 'End sessions')
      await said(page, 'Their sessions have ended')
      expect(await house.person('dave').get('/auth/me')).toRefuse(401, 'invalid_access_token')
      await confirm(page, 'Delete…', 'Delete')
      await said(page, 'Dave is deleted')
      await confirm(page, 'Restore…', 'Restore')
      await said(page, 'Dave is back')
      expect((await recorded(house, 'user.deleted'))[0]).toMatchObject({ resource: { id } })
      expect((await recorded(house, 'user.restored'))[0]).toMatchObject({ resource: { id } })
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'who acts as somebody else is told so all the time, and is themselves again',
    async () => {
      const id = await house.person('erin').id()
      const { page, open, close } = await visit(browser, house, house.as.admin, { refusals: true })
      await open(`/people?person=${id}`)
      await confirm(page, 'Act as…', 'Go on', (dialog) => dialog.getByLabel('Reason').fill('Ticket 4711'))
      await page.getByText('You act as Erin.').waitFor()
      expect(await page.getByRole('link', { name: 'People' }).count()).toBe(0)
      await page.getByRole('button', { name: 'Be yourself again' }).click()
      await page.getByRole('heading', { name: 'People' }).waitFor()
      expect(await page.getByText('You act as').count()).toBe(0)
      expect((await recorded(house, 'session.impersonated'))[0]).toMatchObject({ resource: { id: expect.any(String) } })
      await close()
    },
    SLOW,
  )

  test(
    'the secret of a key and of a webhook is shown once',
    async () => {
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open('/keys')
      await confirm(page, 'New key…', 'Make key', (dialog) => dialog.getByLabel('Name').fill('From the page'))
      const key = (await page.getByTestId('secret').textContent()) ?? ''
      expect((await house.withKey(key).get('/auth/me').json()).email).toBe(house.as.admin.email)
      await page.getByRole('button', { name: 'I have it' }).click()
      await page.getByText('From the page').waitFor()
      await open('/webhooks')
      await confirm(page, 'New webhook…', 'Add webhook', (dialog) =>
        dialog.getByLabel('Address').fill('http://127.0.0.1:9/hook'),
      )
      expect(await page.getByTestId('secret').textContent()).toStartWith('whsec_')
      await page.getByRole('button', { name: 'I have it' }).click()
      await page.getByRole('button', { name: 'http://127.0.0.1:9/hook' }).click()
      await page.getByRole('button', { name: 'Send a test' }).click()
      await page.getByRole('dialog').getByText('webhook.test').waitFor()
      expect(await recorded(house, 'api_key.created')).not.toEqual([])
      expect(await recorded(house, 'webhook.created')).not.toEqual([])
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'a queue is paused, a schedule run, a limit changed, the log verified',
    async () => {
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open('/jobs?tab=queues')
      await page
        .getByRole('button', { name: /^Pause/ })
        .first()
        .click()
      await page
        .getByRole('button', { name: /^Resume/ })
        .first()
        .click()
      await open('/jobs?tab=schedules')
      await page
        .getByRole('button', { name: /^Run now/ })
        .first()
        .click()
      await said(page, 'It runs out of turn')
      await open('/limits')
      await page.getByRole('button', { name: 'Change…' }).first().click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Requests').fill('450')
      await dialog.getByRole('button', { name: 'Change', exact: true }).click()
      await page.getByText('450 in 60 s').waitFor()
      await open('/audit')
      await page.getByRole('button', { name: 'Verify' }).click()
      await page
        .getByRole('status')
        .getByText(/entries hold/)
        .waitFor()
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'the address holds filter, search and page, and the keyboard reaches a row',
    async () => {
      await house.person('zebedee').id()
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open('/people')
      await page.getByLabel('Search by name or address').fill('zebed')
      await page.waitForURL(/q=zebed/)
      await page.getByRole('button', { name: 'Zebedee' }).focus()
      await page.keyboard.press('Enter')
      await page.waitForURL(/person=/)
      await page.getByRole('dialog').getByText('zebedee@example.com').waitFor()
      await page.reload()
      await page.getByRole('dialog').getByText('zebedee@example.com').waitFor()
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'a name with markup stays text',
    async () => {
      const crafted = house.person('crafted')
      const name = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
      await crafted.patch('/users/me', { name }).json()
      const { page, open, faults, close } = await visit(browser, house, house.as.admin)
      await open(`/people?person=${await crafted.id()}&tab=audit`)
      await page.getByRole('dialog').getByText(name).first().waitFor()
      await open('/audit')
      await settled(page)
      expect(await page.title()).not.toContain('owned')
      expect(await page.locator('#root img, #root script').count()).toBe(0)
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )

  test(
    'support sees what it may and nothing else',
    async () => {
      const support = house.person('helper', { role: 'support' })
      const id = await house.as.ada.id()
      await support.id()
      const { page, open, faults, close } = await visit(browser, house, support)
      await open('/')
      await page.getByRole('heading', { name: 'People' }).waitFor()
      const links = await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').allTextContents()
      expect(links).toEqual(['People', 'Audit log', 'Exports', 'Webhooks', 'API keys', 'Account'])
      await open(`/people?person=${id}`)
      await page.getByRole('dialog').getByText('Facts').waitFor()
      for (const action of ['Ban…', 'Change role…', 'End sessions…', 'Act as…', 'Delete…'])
        expect(await page.getByRole('button', { name: action }).count()).toBe(0)
      await open('/jobs')
      await page.getByRole('heading', { name: 'Not here' }).waitFor()
      expect(faults).toEqual([])
      await close()
    },
    SLOW,
  )
})
