import { expect, test } from 'bun:test'
import { type Person, type TestApp, testApp } from '#tests'

/** A connection to the stream of a real server. */
const connect = async (house: TestApp, person: Person, lastEventId?: string) => {
  const { url } = house.listen()
  const { accessToken } = await person.tokens()
  const response = await fetch(`${url}/api/v1/notifications/stream`, {
    headers: { authorization: `Bearer ${accessToken}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
  })
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
  const decoder = new TextDecoder()
  let text = ''
  /** Everything up to the first frame that holds `part`, or all there is if the stream ends before. */
  const until = async (part: string) => {
    while (!text.includes(part)) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
    return text
  }
  const end = async () => {
    for (let done = false; !done; ) ({ done } = await reader.read())
    return 'ended'
  }
  return { response, until, end, cancel: () => reader.cancel() }
}

const tell = async (house: TestApp, role: string) => {
  await house.as.admin.patch(`/admin/users/${await house.as.ada.id()}/role`, { role })
  await house.runJobs()
}

test('notifications come as they happen, to whom they are for', async () => {
  const house = await testApp()
  const stream = await connect(house, house.as.ada)
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  expect(await stream.until('retry')).toContain('retry: 2000')
  await tell(house, 'support')
  const text = await stream.until('Your role is now support')
  expect(text).toMatch(/id: [0-9a-f-]{36}\nevent: notification\ndata: \{.*\}\n\n/)
  await stream.cancel()
})

test('Last-Event-ID brings back what was missed, and nothing twice', async () => {
  const house = await testApp()
  await tell(house, 'support')
  await tell(house, 'user')
  const listed = (await house.as.ada.get('/notifications')).json<{ data: { id: string }[] }>().data
  const stream = await connect(house, house.as.ada, listed[1]?.id)
  const text = await stream.until('Your role is now user')
  expect(text).not.toContain('Your role is now support')
  await stream.cancel()
})

test.each(['logout', 'ban'])('a %s ends the stream at once', async (what) => {
  const house = await testApp()
  const { ada, admin } = house.as
  const stream = await connect(house, ada)
  await stream.until('retry')
  const ended = stream.end()
  if (what === 'logout') expect((await ada.post('/auth/logout')).status).toBe(204)
  else expect((await admin.post(`/admin/users/${await ada.id()}/ban`, { reason: 'spam' })).status).toBe(200)
  expect(await ended).toBe('ended')
})

test('the stream ends when the process begins to stop', async () => {
  const house = await testApp()
  const stream = await connect(house, house.as.ada)
  await stream.until('retry')
  house.app.lifetime.abort()
  expect(await stream.end()).toBe('ended')
})
