import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { days, minutes, systemContext } from '#core'
import { firstAdminLink } from '#features/auth'
import { type TestApp, testApp } from '#tests'
import { anew, confirm, record, recorded, SLOW, said, takeSecret } from './acts'
import { canLook, openBrowser, visit } from './browser'

const PASSWORD = 'plum-anchor-violet-42'

describe.skipIf(!canLook)('on the admin page', () => {
  let browser: Browser
  let house: TestApp
  let office: Awaited<ReturnType<typeof visit>>

  beforeAll(async () => {
    browser = await openBrowser()
    house = await testApp({ shared: true, env: { RATE_LIMIT: 'off' } })
    await house.as.admin.id()
    await fetch(`${house.listen().url}/admin`)
    office = await visit(browser, house, house.as.admin)
  }, SLOW)
  afterEach(() => expect(office.faults).toEqual([]))
  afterAll(() => browser?.close())

  test(
    'the first admin is made by the one-time link and signs in',
    async () => {
      const fresh = await testApp({ env: { RATE_LIMIT: 'off' } })
      const link = new URL((await firstAdminLink(systemContext(fresh.app, 'test'))) ?? '')
      const { page, close } = await visit(browser, fresh)
      await page.goto(link.pathname + link.search)
      await page.getByLabel('Name').fill('Root')
      await page.getByLabel('Address').fill('root@example.com')
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Make me the admin' }).click()
      await page.getByRole('heading', { name: 'You are the admin' }).waitFor()
      await page.getByRole('link', { name: 'the admin page' }).click()
      await page.getByLabel('Address').fill('root@example.com')
      await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      expect(await record(fresh, 'user.registered')).toMatchObject({ outcome: 'success' })
      await page.goto(link.pathname + link.search)
      expect(await page.getByRole('button', { name: 'Make me the admin' }).count()).toBe(0)
      await close()
    },
    SLOW,
  )

  test(
    'a second factor is switched on, and asked for from then on',
    async () => {
      const heidi = house.person('heidi')
      const id = await heidi.id()
      const { page, open, close } = await visit(browser, house, heidi, { refusals: true })
      await open('/account')
      await confirm(page, 'Set up…', 'Go on', (dialog) =>
        dialog.getByRole('textbox', { name: 'Password' }).fill(heidi.password),
      )
      await page.getByAltText('QR code of the secret below').waitFor()
      const secret = (await page.locator('form code').textContent()) ?? ''
      const code = () => new TOTP({ secret }).generate({ timestamp: house.clock.now().getTime() })
      await page.getByLabel('Code').fill(code())
      await page.getByRole('button', { name: 'Turn it on' }).click()
      await page.getByText('Your backup codes, shown once').waitFor()
      expect(await record(house, 'two_factor.enabled')).toMatchObject({ actor: { id } })
      house.clock.advance(minutes(1))
      await page.getByRole('button', { name: /^Account of/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.getByLabel('Address').fill(heidi.email)
      await page.getByRole('textbox', { name: 'Password' }).fill(heidi.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByLabel('Code').fill(code())
      await page.getByRole('button', { name: 'Confirm' }).click()
      await page.getByText('It is on: signing in takes a code').waitFor()
      await close()
    },
    SLOW,
  )

  test(
    'a role is made, changed and deleted',
    async () => {
      const { page } = office
      await anew(page, '/roles')
      await confirm(page, 'New role…', 'Make role', async (dialog) => {
        await dialog.getByLabel('Name').fill('helpdesk')
        await dialog.getByLabel('Description').fill('Answers tickets')
        await dialog.getByLabel('Permissions').first().fill('users:read')
        await page.getByRole('option', { name: 'users:read', exact: true }).click()
        await page.keyboard.press('Tab')
      })
      await said(page, 'The role is there')
      expect(await record(house, 'role.created')).toMatchObject({ resource: { id: 'helpdesk' } })
      await page.getByRole('checkbox', { name: 'helpdesk: audit:read' }).click()
      await said(page, 'The role has changed')
      const { permissions } = await house.as.admin.get('/admin/roles/helpdesk').json()
      expect(permissions.toSorted()).toEqual(['audit:read', 'users:read'])
      expect(await record(house, 'role.updated')).toMatchObject({ resource: { id: 'helpdesk' } })
      await confirm(page, 'Delete…', 'Delete role')
      await said(page, 'The role is gone')
      await page.getByRole('checkbox', { name: 'helpdesk: audit:read' }).waitFor({ state: 'detached' })
      expect(await record(house, 'role.deleted')).toMatchObject({ resource: { id: 'helpdesk' } })
    },
    SLOW,
  )

  test(
    'a key gets a new secret and is revoked',
    async () => {
      const { admin } = house.as
      const { id, secret } = await admin.post('/api-keys', { name: 'Nightly import', scopes: [] }).json()
      const { page } = office
      await anew(page, '/keys')
      await confirm(page, 'Rotate…', 'Rotate')
      const next = await takeSecret(page)
      expect(next).not.toBe(secret)
      expect((await house.withKey(next).get('/auth/me')).status).toBe(200)
      expect(await record(house, 'api_key.rotated')).toMatchObject({ resource: { id } })
      await confirm(page, 'Revoke…', 'Revoke')
      await said(page, 'The key opens nothing any more')
      expect((await house.withKey(next).get('/auth/me')).status).toBe(401)
      expect((await house.withKey(secret).get('/auth/me')).status).toBe(401)
      expect(await recorded(house, 'api_key.revoked')).toHaveLength(1)
    },
    SLOW,
  )

  test(
    "somebody else's key is revoked, and one of their sessions ended",
    async () => {
      const ivan = house.person('ivan')
      const { secret } = await ivan.post('/api-keys', { name: 'Of Ivan', scopes: [] }).json()
      const { page } = office
      await anew(page, `/people?person=${await ivan.id()}&tab=access`)
      await page.getByRole('dialog').getByText('Of Ivan').waitFor()
      await confirm(page, 'Revoke…', 'Revoke')
      await said(page, 'The key opens nothing any more')
      await page.getByText('They have no keys.').waitFor()
      expect((await house.withKey(secret).get('/auth/me')).status).toBe(401)
      const [revoked] = await recorded(house, 'api_key.revoked')
      expect(revoked).toMatchObject({ actor: { id: await house.as.admin.id() } })
      await page
        .getByRole('button', { name: /^End (?!sessions)/ })
        .first()
        .click()
      await said(page, 'That session has ended')
      await page.getByText('They are signed in nowhere.').waitFor()
      expect(await ivan.get('/auth/me')).toRefuse(401, 'invalid_access_token')
      expect((await recorded(house, 'session.revoked'))[0]).toMatchObject({
        actor: { id: await house.as.admin.id() },
      })
    },
    SLOW,
  )

  test(
    'a ban keeps the end that it was given',
    async () => {
      const judy = house.person('judy')
      const id = await judy.id()
      const until = new Date(house.clock.now().getTime() + days(1)).toISOString().slice(0, 16)
      const { page } = office
      await anew(page, `/people?person=${id}`)
      await confirm(page, 'Ban…', 'Ban', async (dialog) => {
        await dialog.getByLabel('Reason').fill('A day off')
        await dialog.getByLabel('Until').fill(until)
      })
      await said(page, 'Judy is banned')
      expect((await recorded(house, 'user.banned'))[0]).toMatchObject({ resource: { id } })
      expect(await house.as.admin.get(`/users/${id}`).json()).toMatchObject({ bannedUntil: `${until}:00.000Z` })
    },
    SLOW,
  )

  test(
    'Ctrl+K finds a screen and a person',
    async () => {
      const id = await house.person('wilhelmina').id()
      const { page } = office
      await anew(page, '/people')
      const search = page.getByPlaceholder('Go to a screen or a person…')
      await page.keyboard.press('Control+k')
      await search.fill('audit')
      await page.getByRole('button', { name: 'Audit log' }).last().waitFor()
      await search.press('Enter')
      await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor()
      await search.waitFor({ state: 'detached' })
      await page.keyboard.press('Control+k')
      await search.fill('wilhel')
      await page.getByText('wilhelmina@example.com').click()
      await page.waitForURL(new RegExp(`person=${id}`))
      await page.getByRole('dialog').getByText('Facts').waitFor()
    },
    SLOW,
  )

  test(
    'columns are chosen, and the choice is kept',
    async () => {
      const { page } = office
      await anew(page, '/keys')
      await page.getByRole('columnheader', { name: 'Last used' }).waitFor()
      await page.getByRole('button', { name: 'Columns' }).click()
      await page.getByRole('checkbox', { name: 'Last used' }).click()
      await page.getByRole('columnheader', { name: 'Last used' }).waitFor({ state: 'detached' })
      await anew(page, '/keys')
      await page.getByRole('columnheader', { name: 'Ends' }).waitFor()
      expect(await page.getByRole('columnheader', { name: 'Last used' }).count()).toBe(0)
    },
    SLOW,
  )

  test(
    'a list shows by itself what another client has made',
    async () => {
      const { page } = office
      const streams = page.waitForResponse((response) => response.url().endsWith('/admin/live'))
      await anew(page, '/keys')
      await streams
      await house.as.admin.post('/api-keys', { name: 'Made elsewhere', scopes: [] }).json()
      await page.getByText('Made elsewhere').waitFor()
    },
    SLOW,
  )
})
