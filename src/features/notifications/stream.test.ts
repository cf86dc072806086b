import { expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { contextOf, type Signed } from '#core'
import { bookkeeping } from '#db'
import { type Person, type TestApp, testApp, until } from '#tests'
import { notifications } from './schema'
import { stream } from './stream'

type Connection = Awaited<ReturnType<typeof connect>>

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
  expect(await stream.until('retry')).toMatch(/^retry: [123]\d{3}\n\n$/)
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

test('all that was missed comes back, however much it is', async () => {
  const house = await testApp()
  const { ada } = house.as
  const userId = await ada.id()
  const told = (n: number) => ({
    id: `01a00000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    userId,
    eventId: String(n),
    type: 'role.changed',
    category: 'account' as const,
    title: `number ${n}`,
    createdAt: house.clock.now(),
  })
  await bookkeeping(house.app, (tx) => tx.insert(notifications).values(Array.from({ length: 450 }, (_, n) => told(n))))
  const stream = await connect(house, ada, told(0).id)
  const text = await stream.until('number 449')
  expect(text.match(/^id: /gm)).toHaveLength(449)
  await stream.cancel()
})

test('so many streams a person has open, and no more until one is closed', async () => {
  const house = await testApp()
  const { ada, bob } = house.as
  const open: Connection[] = []
  while (open.length < 20) open.push(await connect(house, ada))
  expect(await ada.get('/notifications/stream')).toRefuse(429, 'too_many_streams')
  expect((await connect(house, bob)).response.status).toBe(200)
  await open[0]?.cancel()
  await until(async () => (await connect(house, ada)).response.status === 200)
})

test('a client that went away while it did not read is forgotten', async () => {
  const house = await testApp()
  const { ada } = house.as
  for (let i = 0; i < 60; i++) await (await connect(house, ada)).cancel()
  await until(async () => (await connect(house, ada)).response.status === 200)
})

test('where messages may have been lost, clients are sent away to ask for what they missed', async () => {
  const house = await testApp()
  const stream = await connect(house, house.as.ada)
  await stream.until('retry')
  house.app.bus.publish('gap', {})
  expect(await stream.end()).toBe('ended')
})

test('a stream that is let in just before its session ends does not outlive it', async () => {
  const house = await testApp()
  const { ada } = house.as
  const { sid } = decodeJwt<{ sid: string }>((await ada.tokens()).accessToken)
  const person = { userId: await ada.id(), name: 'Ada', role: 'user', permissions: new Set<string>() }
  const actor = { type: 'user' as const, ...person, sessionId: sid, emailVerified: true, provedAt: house.clock.now() }
  const ctx: Signed = Object.assign(contextOf(house.app, { actor }), { actor })
  const first = stream(ctx, undefined)
  await ada.post('/auth/logout')
  const late = stream(ctx, undefined)
  for (const { frames } of [first, late]) {
    const text: string[] = []
    for await (const frame of frames) text.push(frame)
    expect(text).toEqual([expect.stringContaining('retry')])
  }
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
