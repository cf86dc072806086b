import { expect, test } from 'bun:test'
import { defineFeature } from '#core'
import { testApp } from '#tests'
import * as list from '../../features'

// Whoever registers an address that is not theirs waits for its owner to use the account (USENIX Security 2022).

// bar 18
test('whoever registered somebody else’s address is thrown out when its owner resets the password', async () => {
  const dropped: string[] = []
  const planter = defineFeature({ name: 'planter', dropCredentials: async (_tx, _ctx, id) => void dropped.push(id) })
  const { anon, person, mail, withToken } = await testApp({ features: [...Object.values(list), planter] })
  const attacker = person('victim', { verified: false, password: 'attackers-own-words-9' })
  const { accessToken, refreshToken } = await attacker.tokens()
  await attacker.post('/auth/change-email', { email: 'attacker@example.org', password: attacker.password }).json()
  const pending = await mail.token('attacker@example.org')

  await anon.post('/auth/forgot-password', { email: attacker.email }).json()
  const token = await mail.token(attacker.email, 'reset-password')
  const password = 'victims-own-words-42'
  expect((await anon.post('/auth/reset-password', { token, password })).status).toBe(204)

  expect(await withToken(accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
  expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
  expect(await anon.post('/auth/confirm-email-change', { token: pending })).toRefuse(400, 'invalid_token')
  expect(await anon.post('/auth/login', { email: attacker.email, password: attacker.password })).toRefuse(
    401,
    'invalid_credentials',
  )
  const victim = await anon.post('/auth/login', { email: attacker.email, password }).json()
  expect(victim.user).toMatchObject({ emailVerified: true })
  expect(dropped).toEqual([victim.user.id])
})

test('a reset of a verified account leaves its owner’s keys and second factors alone', async () => {
  const dropped: string[] = []
  const planter = defineFeature({ name: 'planter', dropCredentials: async (_tx, _ctx, id) => void dropped.push(id) })
  const { anon, as, mail } = await testApp({ features: [...Object.values(list), planter] })
  await as.ada.user()
  await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
  const token = await mail.token(as.ada.email, 'reset-password')
  expect((await anon.post('/auth/reset-password', { token, password: 'magnet-olive-turbine-9' })).status).toBe(204)
  expect(dropped).toEqual([])
})

test('the verification link that the attacker caused is dead after the reset', async () => {
  const { anon, person, mail } = await testApp()
  const attacker = person('victim', { verified: false })
  await attacker.user()
  const verification = await mail.token(attacker.email)
  await anon.post('/auth/forgot-password', { email: attacker.email }).json()
  const token = await mail.token(attacker.email, 'reset-password')
  await anon.post('/auth/reset-password', { token, password: 'magnet-olive-turbine-9' })
  expect(await anon.post('/auth/verify-email', { token: verification })).toRefuse(400, 'invalid_token')
})
