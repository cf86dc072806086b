import { describe, expect, test } from 'bun:test'
import type { App } from '#core'
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
