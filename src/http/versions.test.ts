import { describe, expect, test } from 'bun:test'
import type { App } from '#core'
import { type Client, stoppedClock, testApp } from '#tests'
import { loadConfig } from '../config'
import { refuseVersion, versionHeaders, versionOf } from './versions'

const app = (dates: Record<string, string>, now = '2026-11-22T10:00:00Z'): Pick<App, 'config' | 'clock'> => ({
  config: loadConfig({
    NODE_ENV: 'test',
    SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ',
    APP_URL: 'https://api.example.com',
    ...dates,
  }),
  clock: { now: () => new Date(now) },
})
const dated = { API_V1_DEPRECATED_AT: '2026-12-01', API_V1_SUNSET_AT: '2027-06-01T12:00:00.000Z' }

test.each([
  ['/api/v1/users', 'v1'],
  ['/api/v2', 'v2'],
  ['/api/v3/users', 'v3'],
  ['/api/V1/users', 'V1'],
  ['/api/v1.5/users', 'v1.5'],
  ['/api/users', undefined],
  ['/api/', undefined],
  ['/apix/v1/users', undefined],
  ['/health', undefined],
])('%p asks for version %p', (path, version) => {
  expect(versionOf(path)).toBe(version)
})

describe('a version without dates', () => {
  test('says nothing about itself and is served', () => {
    expect(versionHeaders(app({}), 'v1', '/api/v1/users')).toEqual({})
    expect(versionHeaders(app(dated), 'v2', '/api/v2/users')).toEqual({})
    expect(() => refuseVersion(app({}), 'v1')).not.toThrow()
  })
})

describe('a version with dates', () => {
  // bar 190
  test('says since when it is deprecated, when it ends and where to go, before and after the day', () => {
    for (const now of ['2026-11-01T00:00:00Z', '2028-01-01T00:00:00Z']) {
      expect(versionHeaders(app(dated, now), 'v1', '/api/v1/users/me')).toEqual({
        deprecation: '@1796083200',
        sunset: 'Tue, 01 Jun 2027 12:00:00 GMT',
        link: '<https://api.example.com/api/v2/users/me>; rel="successor-version"',
      })
    }
  })

  test('needs only one of the two', () => {
    expect(versionHeaders(app({ API_V1_DEPRECATED_AT: '2026-12-01' }), 'v1', '/api/v1')).toEqual({
      deprecation: '@1796083200',
      link: '<https://api.example.com/api/v2>; rel="successor-version"',
    })
  })

  // bar 132
  test('echoes nothing that could end the link', () => {
    expect(versionHeaders(app(dated), 'v1', '/api/v1/a>;b"\r\nc').link).toBe(
      '<https://api.example.com/api/v2/a%3E;b%22%0D%0Ac>; rel="successor-version"',
    )
  })

  // bar 190
  test('is refused from its last moment on', () => {
    expect(() => refuseVersion(app(dated, '2027-06-01T11:59:59.999Z'), 'v1')).not.toThrow()
    expect(() => refuseVersion(app(dated, '2027-06-01T12:00:00.000Z'), 'v1')).toThrow(
      expect.objectContaining({ code: 'version_sunset' }),
    )
  })
})

test('an unknown version is refused with those there are', () => {
  expect(() => refuseVersion(app({}), 'v3')).toThrow(
    expect.objectContaining({ code: 'unknown_version', details: { members: { versions: ['v1', 'v2'] } } }),
  )
})

describe('over HTTP', () => {
  const post = (client: Client) => client.post('/auth/login', {})

  // bar 190
  test('a deprecated version says so on every reply, its successor does not', async () => {
    const { anon } = await testApp({ env: dated, clock: stoppedClock(new Date('2027-01-01T00:00:00Z')) })
    for (const reply of [await post(anon), await anon.get('/nowhere'), await anon.get('/users/me')]) {
      expect(reply.headers.get('deprecation')).toBe('@1796083200')
      expect(reply.headers.get('sunset')).toBe('Tue, 01 Jun 2027 12:00:00 GMT')
      expect(reply.headers.get('link')).toContain('/api/v2/')
    }
    expect((await post(anon.under('/api/v2'))).headers.get('deprecation')).toBeNull()
  })

  // bar 190
  test('after its sunset it is gone, and says where to', async () => {
    const { anon } = await testApp({ env: dated, clock: stoppedClock(new Date('2027-06-01T12:00:00Z')) })
    const reply = await post(anon)
    expect(reply).toRefuse(410, 'version_sunset')
    expect(reply.headers.get('link')).toContain('/api/v2/auth/login')
    expect((await post(anon.under('/api/v2'))).status).toBe(422)
  })

  test('an unknown version lists those there are', async () => {
    const { anon } = await testApp()
    const reply = await anon.under('/api/v9').get('/users/me')
    expect(reply).toRefuse(404, 'unknown_version')
    expect(reply.json().versions).toEqual(['v1', 'v2'])
  })
})
