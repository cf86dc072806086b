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
