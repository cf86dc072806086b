import { expect, test } from 'bun:test'
import { testApp } from '#tests'

test('where a problem points to, its code is explained', async () => {
  const { anon, outside } = await testApp()
  const { type, code } = await anon.get('/nowhere').then((reply) => reply.json())
  expect(type).toEndWith(`/errors#${code}`)
  const page = await outside.get('/errors')
  expect(page.status).toBe(200)
  expect(page.text).toContain(`id="${code}"`)
  for (const other of ['internal_error', 'validation_failed', 'database_busy', 'weak_password']) {
    expect(page.text).toContain(`id="${other}"`)
  }
})

test('programs get the same as JSON', async () => {
  const { outside } = await testApp()
  const reply = await outside.get('/errors', { headers: { accept: 'application/json' } })
  expect(reply.headers.get('content-type')).toContain('application/json')
  expect(reply.json().data).toContainEqual({
    status: 401,
    code: 'invalid_credentials',
    message: expect.any(String),
  })
  const browser = await outside.get('/errors', { headers: { accept: 'text/html,application/json;q=0.9' } })
  expect(browser.headers.get('content-type')).toBe('text/html; charset=utf-8')
})
