import { describe, expect, test } from 'bun:test'
import { days } from '#core'
import { type Json, testApp } from '#tests'

const DATED = { API_V1_DEPRECATED_AT: '2026-12-01', API_V1_SUNSET_AT: '2099-01-01T00:00:00.000Z' }

describe('the use of a deprecated version', () => {
  test('is counted by route and consumer: people, keys by their own, strangers together', async () => {
    const { as, anon, withKey } = await testApp({ env: DATED })
    const ada = await as.ada.id()
    const key = await as.ada.post('/api-keys', { name: 'old client', scopes: [] }).json()
    for (let n = 0; n < 3; n++) await withKey(key.secret).get('/auth/me')
    for (let n = 0; n < 2; n++) await as.ada.get('/users/me')
    await anon.post('/auth/forgot-password', { email: 'nobody@example.com' })
    const { versions, data } = await as.admin.under('/api/v2').get('/admin/deprecations').json()
    expect(versions).toEqual([
      {
        version: 'v1',
        deprecatedAt: '2026-12-01T00:00:00.000Z',
        sunsetAt: '2099-01-01T00:00:00.000Z',
        successor: 'v2',
      },
      { version: 'v2', deprecatedAt: null, sunsetAt: null, successor: null },
    ])
    const of = (route: string, type: string) =>
      data.find((use: Json) => use.route === `/api/v1${route}` && use.consumer.type === type)
    expect(of('/auth/me', 'api-key')).toMatchObject({
      version: 'v1',
      method: 'GET',
      requests: 3,
      consumer: { id: key.id, userId: ada, name: (await as.ada.user()).name },
    })
    expect(of('/users/me', 'user')).toMatchObject({ requests: 2, consumer: { id: ada } })
    expect(of('/auth/forgot-password', 'anonymous')).toMatchObject({ requests: 1, consumer: { id: null, name: null } })
    expect(data.every(({ route }: Json) => route.startsWith('/api/v1/'))).toBe(true)
    expect(data.map(({ requests }: Json) => requests)).toEqual(
      data.map(({ requests }: Json) => requests).toSorted((a: number, b: number) => b - a),
    )
  })

  test('adds up over days, as far back as one asks, and is forgotten after 90', async () => {
    const { as, clock, runJobs } = await testApp({ env: DATED })
    const v2 = as.admin.under('/api/v2')
    const counted = async (last: number) => {
      const { data } = await v2.get(`/admin/deprecations?days=${last}`).json()
      return data.find(({ route }: Json) => route === '/api/v1/users/me')?.requests
    }
    await as.admin.get('/users/me')
    expect(await counted(1)).toBe(1)
    clock.advance(days(2))
    await as.admin.signIn()
    await as.admin.get('/users/me')
    expect(await counted(1)).toBe(1)
    expect(await counted(3)).toBe(2)
    clock.advance(days(91))
    await as.admin.signIn()
    await runJobs()
    expect(await counted(90)).toBeUndefined()
  })

  test('is nothing where no version is deprecated', async () => {
    const { as } = await testApp()
    await as.ada.get('/users/me')
    expect((await as.admin.get('/admin/deprecations').json()).data).toEqual([])
  })

  test('leaves nothing of who was erased', async () => {
    const { as, app, clock, runJobs } = await testApp({ env: DATED })
    const ada = await as.ada.id()
    await as.ada.get('/users/me')
    await as.admin.get('/admin/deprecations')
    expect(await app.db.all(`select * from deprecated_uses where user_id = '${ada}'`)).not.toEqual([])
    await as.ada.get('/users/me')
    await as.admin.delete(`/users/${ada}`)
    clock.advance(days(31))
    await runJobs()
    await as.admin.signIn()
    await as.admin.get('/admin/deprecations')
    expect(await app.db.all(`select * from deprecated_uses where user_id = '${ada}'`)).toEqual([])
  })
})
