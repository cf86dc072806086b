import { describe, expect, test } from 'bun:test'
import { sharedApp } from '#tests'

const house = sharedApp()
// The first visit builds the page, where it has not been built yet.
const SLOW = 60_000

describe('who looks at the page', () => {
  test('learns what they may do, every permission by its name', async () => {
    const { as, person } = await house()
    expect(await as.ada.get('/admin/me').json()).toMatchObject({ role: 'user', permissions: [], impersonatorId: null })
    expect((await person('support', { role: 'support' }).get('/admin/me').json()).permissions).toEqual([
      'activities:read',
      'audit:read',
      'users:read',
    ])
    const { permissions } = await as.admin.get('/admin/me').json()
    expect(permissions).toContain('users:impersonate')
    expect(permissions).not.toContain('*')
  })

  test('is told when somebody acts in their place', async () => {
    const { as, withToken } = await house()
    await as.admin.post('/auth/step-up', { password: as.admin.password })
    const { accessToken } = await as.admin
      .post(`/admin/users/${await as.ada.id()}/impersonate`, { reason: 'Ticket 4711' })
      .json()
    expect(await withToken(accessToken).get('/admin/me').json()).toMatchObject({
      id: await as.ada.id(),
      impersonatorId: await as.admin.id(),
    })
  })

  test('learns which features there are', async () => {
    const { as, app } = await house()
    const { features } = await as.ada.get('/admin/me').json()
    expect(features).toEqual(app.features.map(({ name }) => name))
  })

  test('has to be signed in', async () => {
    const { anon } = await house()
    expect(await anon.get('/admin/me')).toRefuse(401, 'unauthenticated')
  })
})

describe('the page', () => {
  test(
    'is one document wherever it is opened; nothing inline runs and nothing comes from elsewhere',
    async () => {
      const { outside } = await house()
      for (const path of ['/admin', '/admin/people', '/admin/any/thing']) {
        const { status, headers, text } = await outside.get(path)
        expect(status).toBe(200)
        const policy = headers.get('content-security-policy') ?? ''
        expect(policy).toContain("default-src 'none'")
        expect(policy).toContain("script-src 'self';")
        expect(policy).toContain("frame-ancestors 'none'")
        expect(policy).not.toContain('unsafe')
        expect(headers.get('cache-control')).toContain('no-store')
        expect(text).not.toMatch(/<script(?![^>]*src=)|<style| on\w+=/)
        expect(
          [...text.matchAll(/(?:src|href)="([^"]+)"/g)].every(([, url]) =>
            /^(\/admin\/assets\/|data:)/.test(url ?? ''),
          ),
        ).toBe(true)
      }
    },
    SLOW,
  )

  test('lets styles in by a nonce that is another each time', async () => {
    const { outside } = await house()
    const nonce = async () =>
      /nonce-([\w-]{20,})/.exec((await outside.get('/admin')).headers.get('content-security-policy') ?? '')?.[1]
    const [first, second] = [await nonce(), await nonce()]
    expect(first).toBeString()
    expect(first).not.toBe(second)
  })

  test('knows from the cookies alone whether to ask who is signed in', async () => {
    const { outside } = await house()
    expect((await outside.get('/admin')).text).toContain('name="signed-in" content="no"')
    const { text } = await outside.get('/admin', { headers: { cookie: 'refresh=abc' } })
    expect(text).toContain('name="signed-in" content="perhaps"')
  })

  test('has files that may be kept for good, and nothing but those', async () => {
    const { outside } = await house()
    const { text } = await outside.get('/admin')
    const script = /src="([^"]+)"/.exec(text)?.[1] ?? ''
    const { status, headers } = await outside.get(script)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toStartWith('text/javascript')
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    for (const path of ['nothing.js', 'manifest.json', '..%2Fmanifest.json', '%2e%2e%2f%2e%2e%2fpackage.json'])
      expect((await outside.get(`/admin/assets/${path}`)).status).toBe(404)
  })

  test('leaves the set-up of the first admin where it is', async () => {
    const { outside } = await house()
    const { status, text } = await outside.get('/admin/setup', { query: { token: 'wrong-token' } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain('/admin/assets/')
  })
})

describe('the preview of a mail', () => {
  test('is HTML that may do nothing, framed by our own pages only', async () => {
    const { as } = await house()
    const { status, headers, text } = await as.admin.get('/admin/emails/templates/welcome/preview')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.* sandbox; frame-ancestors 'self'$/)
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(text).toContain('<html')
  })

  test('is for those who may read the mail log, and for mails that there are', async () => {
    const { as, person } = await house()
    expect(await as.admin.get('/admin/emails/templates/nothing/preview')).toRefuse(404, 'template_not_found')
    const support = person('support', { role: 'support' })
    expect(await support.get('/admin/emails/templates/welcome/preview')).toRefuse(403, 'forbidden')
  })
})
