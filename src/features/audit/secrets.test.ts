import { expect, test } from 'bun:test'
import { testApp } from '#tests'

// bar 235
test('no password, token or code that anybody sent or got is in the log, whoever reads it', async () => {
  const { anon, as, mail } = await testApp()
  const changed = 'canary-changed-password-77'
  const reset = 'canary-reset-password-88'
  const wrong = 'canary-wrong-password-99'
  const secrets = [as.ada.password, changed, reset, wrong]
  const keep = ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) =>
    secrets.push(accessToken, refreshToken)

  keep(await as.ada.tokens())
  secrets.push(await mail.token(as.ada.email, 'verify-email').catch(() => 'canary-none'))
  await anon.post('/auth/login', { email: as.ada.email, password: wrong })
  await anon.post('/auth/reset-password', { token: `canary-${'x'.repeat(40)}`, password: reset })
  await anon.post('/auth/refresh-token', { refreshToken: `canary-${'y'.repeat(40)}` })
  await as.ada.post('/auth/change-password', { currentPassword: as.ada.password, newPassword: changed })
  keep(await as.ada.signIn(changed))
  await as.ada.post('/auth/change-email', { email: 'ada.new@example.com', password: changed })
  await anon.post('/auth/forgot-password', { email: as.ada.email })
  const link = await mail.token(as.ada.email, 'reset-password')
  secrets.push(link)
  expect((await anon.post('/auth/reset-password', { token: link, password: reset })).status).toBe(204)
  keep(await as.ada.signIn(reset))

  const list = await as.admin.get('/admin/audit-logs', { query: { limit: 100 } })
  const csv = await as.admin.get('/admin/audit-logs/export')
  const ndjson = await as.admin.get('/admin/audit-logs/export', { query: { format: 'ndjson' } })
  for (const { status, text } of [list, csv, ndjson]) {
    expect(status).toBe(200)
    expect(text).toContain('password.reset')
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    expect(text).not.toContain('canary')
  }
})
