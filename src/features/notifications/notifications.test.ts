import { expect, test } from 'bun:test'
import { days, minutes } from '#core'
import { type Person, type TestApp, testApp } from '#tests'

interface Listed {
  data: { id: string; type: string; title: string; readAt: string | null }[]
  meta: { nextCursor: string | null }
}

const NOWHERE = '01a00000-0000-7000-8000-000000000000'
const NEXT = 'magnet-olive-turbine-9'

const changePassword = (person: Person, from: string, to: string) =>
  person.post('/auth/change-password', { currentPassword: from, newPassword: to })

const changeRole = async ({ as }: TestApp, person: Person, role: string) =>
  await as.admin.patch(`/admin/users/${await person.id()}/role`, { role })

test('a person is told of what happened to their account, once', async () => {
  const house = await testApp()
  const { ada } = house.as
  expect((await changePassword(ada, ada.password, NEXT)).status).toBe(204)
  await house.runJobs()
  const { data } = (await ada.get('/notifications')).json<Listed>()
  expect(data.map(({ type, title }) => [type, title])).toEqual([['password.changed', 'Your password was changed']])
  expect((await ada.get('/notifications/unread-count')).json()).toEqual({ count: 1 })
  expect((await house.as.bob.get('/notifications')).json<Listed>().data).toEqual([])
})

test('reading, filtering and removing', async () => {
  const house = await testApp()
  const { ada, bob } = house.as
  await changePassword(ada, ada.password, NEXT)
  await changeRole(house, ada, 'support')
  await house.runJobs()
  const all = (await ada.get('/notifications')).json<Listed>().data
  expect(all).toHaveLength(2)
  const id = all[0]?.id ?? ''
  expect((await bob.post('/notifications/mark-read', { ids: [id] })).json()).toEqual({ count: 0 })
  expect((await ada.post('/notifications/mark-read', { ids: [id, NOWHERE] })).json()).toEqual({ count: 1 })
  const unread = (await ada.get('/notifications?unread=true')).json<Listed>().data
  expect(unread).toHaveLength(1)
  const byType = (await ada.get('/notifications?type=password.changed')).json<Listed>().data
  expect(byType.map(({ type }) => type)).toEqual(['password.changed'])
  expect((await ada.post('/notifications/mark-read', { all: true })).json()).toEqual({ count: 0 })
  expect(await bob.delete(`/notifications/${id}`)).toRefuse(404, 'notification_not_found')
  expect((await ada.delete(`/notifications/${id}`)).status).toBe(204)
  expect(await ada.delete(`/notifications/${id}`)).toRefuse(404, 'notification_not_found')
})

test('the unread count is exact however many mark at once', async () => {
  const house = await testApp({ env: { RATE_LIMIT: 'off' } })
  const { ada } = house.as
  for (const role of ['support', 'user', 'support', 'user']) await changeRole(house, ada, role)
  await house.runJobs()
  const ids = (await ada.get('/notifications')).json<Listed>().data.map(({ id }) => id)
  expect(ids).toHaveLength(4)
  await Promise.all(ids.flatMap((id) => [id, id].map((one) => ada.post('/notifications/mark-read', { ids: [one] }))))
  expect((await ada.get('/notifications/unread-count')).json()).toEqual({ count: 0 })
})

// bar 207
test('channels are chosen by category; security stays on', async () => {
  const house = await testApp()
  const { ada } = house.as
  const defaults = (await ada.get('/notifications/preferences')).json<Record<string, { inApp: boolean }>>()
  expect(defaults.security).toEqual({ inApp: true, email: true, push: true } as { inApp: boolean })
  const changed = await ada.patch('/notifications/preferences', {
    account: { inApp: false, email: false, push: false },
  })
  expect(changed.json<Record<string, unknown>>().account).toEqual({ inApp: false, email: false, push: false })
  await changeRole(house, ada, 'support')
  await house.runJobs()
  expect((await ada.get('/notifications')).json<Listed>().data).toEqual([])
  expect(await ada.patch('/notifications/preferences', { security: { email: false } })).toRefuse(
    422,
    'security_always_on',
  )
  expect(await ada.patch('/notifications/preferences', {})).toRefuse(422, 'nothing_to_change')
  expect(await ada.patch('/notifications/preferences', { account: {} })).toRefuse(422, 'validation_failed')
  expect(await ada.post('/notifications/mark-read', {})).toRefuse(422, 'nothing_to_mark')
})

test('one mail tells of a quarter of an hour, of nothing that was read, and one click ends such mails', async () => {
  const house = await testApp()
  const { ada } = house.as
  await changeRole(house, ada, 'support')
  await changeRole(house, ada, 'user')
  await house.runJobs()
  expect((await house.mail.to(ada.email)).filter(({ template }) => template === 'notifications')).toEqual([])
  house.clock.advance(minutes(16))
  const mail = await house.mail.latest(ada.email, 'notifications')
  expect(mail.text).toContain('Your role is now support')
  expect(mail.text).toContain('Your role is now user')
  const { searchParams } = await house.mail.link(ada.email, 'notifications')
  const token = searchParams.get('token') ?? ''

  const looked = await house.outside.get(`/unsubscribe?token=${token}`)
  expect(looked.status).toBe(200)
  const body = 'List-Unsubscribe=One-Click'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const forged = await house.api.fetch(
    new Request(`http://localhost/unsubscribe?token=${token}x`, { method: 'POST', body, headers }),
  )
  expect(forged.status).toBe(400)
  const clicked = await house.api.fetch(
    new Request(`http://localhost/unsubscribe?token=${token}`, { method: 'POST', body, headers }),
  )
  expect(clicked.status).toBe(200)
  await ada.signIn()
  const preferences = (await ada.get('/notifications/preferences')).json<Record<string, { email: boolean }>>()
  expect(preferences.account?.email).toBe(false)

  await house.as.admin.signIn()
  await changeRole(house, ada, 'support')
  await house.runJobs()
  house.clock.advance(minutes(16))
  const mails = (await house.mail.to(ada.email)).filter(({ template }) => template === 'notifications')
  expect(mails).toHaveLength(1)
})

test('whoever wants mails only gets them, and finds nothing in the app', async () => {
  const house = await testApp()
  const { ada } = house.as
  await ada.patch('/notifications/preferences', { account: { inApp: false, email: true, push: false } })
  await changeRole(house, ada, 'support')
  await house.runJobs()
  expect((await ada.get('/notifications')).json<Listed>().data).toEqual([])
  expect((await ada.get('/notifications/unread-count')).json()).toEqual({ count: 0 })
  expect((await ada.post('/notifications/mark-read', { all: true })).json()).toEqual({ count: 0 })
  house.clock.advance(minutes(16))
  expect((await house.mail.latest(ada.email, 'notifications')).text).toContain('Your role is now support')
})

test('old notifications are removed', async () => {
  const house = await testApp()
  const { ada } = house.as
  await changePassword(ada, ada.password, NEXT)
  await house.runJobs()
  house.clock.advance(days(92))
  await house.runJobs()
  expect(await house.app.db.$count((await import('./schema')).notifications)).toBe(0)
})

test('a stranger is told nothing', async () => {
  const { anon } = await testApp()
  for (const path of ['', '/unread-count', '/preferences', '/stream', '/push-key'])
    expect(await anon.get(`/notifications${path}`)).toRefuse(401, 'unauthenticated')
})
