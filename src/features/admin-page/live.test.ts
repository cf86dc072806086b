import { describe, expect, test } from 'bun:test'
import { type Person, type TestApp, testApp } from '#tests'

/** What a client hears: resolves with everything up to the first frame that names the topic. */
const connect = async (house: TestApp, person: Person) => {
  const { accessToken } = await person.tokens()
  const response = await fetch(`${house.listen().url}/api/v1/admin/live`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
  const decoder = new TextDecoder()
  let heard = ''
  const until = async (part: string) => {
    for (let done = false; !done && !heard.includes(part); ) {
      const next = await reader.read()
      done = next.done
      heard += decoder.decode(next.value, { stream: true })
    }
    return heard
  }
  const end = async () => {
    for (let done = false; !done; ) ({ done } = await reader.read())
    return 'ended'
  }
  await until('retry')
  return { response, until, end, cancel: () => reader.cancel() }
}

describe('the stream of changes', () => {
  test('names what has changed, jobs among it, and tells nothing else of it', async () => {
    const house = await testApp()
    const live = await connect(house, house.as.admin)
    expect(live.response.headers.get('content-type')).toBe('text/event-stream')
    await house.as.ada.post('/export/me')
    const heard = await live.until('"jobs"')
    expect(heard).toContain('event: changed\ndata: [')
    expect(await live.until('"session"')).not.toContain(await house.as.ada.id())
    await live.cancel()
  })

  test('tells those who may not read the log of their own alone', async () => {
    const house = await testApp()
    const { ada, bob, admin } = house.as
    await bob.id()
    const live = await connect(house, ada)
    await bob.post('/api-keys', { name: 'of bob', scopes: [] })
    await admin.post('/webhooks', { url: 'https://example.com/hook', events: ['*'] })
    await ada.post('/export/me')
    await house.runJobs()
    const heard = await live.until('export')
    expect(heard).not.toContain('api_key')
    expect(heard).not.toContain('webhook')
    expect(heard).not.toContain('"jobs"')
    await live.cancel()
  })

  test('tells of notifications', async () => {
    const house = await testApp()
    const live = await connect(house, house.as.ada)
    await house.as.ada.post('/api-keys', { name: 'mine', scopes: [] })
    await house.runJobs()
    expect(await live.until('notifications')).toContain('"notifications"')
    await live.cancel()
  })

  test.each(['logout', 'ban', 'role'])('ends at once with a %s', async (what) => {
    const house = await testApp()
    const { ada, admin } = house.as
    const id = await ada.id()
    await admin.id()
    const live = await connect(house, ada)
    if (what === 'logout') await ada.post('/auth/logout')
    else if (what === 'ban') await admin.post(`/admin/users/${id}/ban`, { reason: 'spam' })
    else await admin.patch(`/admin/users/${id}/role`, { role: 'support' })
    expect(await live.end()).toBe('ended')
  })

  test('is for those who are signed in', async () => {
    const { anon } = await testApp()
    expect(await anon.get('/admin/live')).toRefuse(401, 'unauthenticated')
  })
})
