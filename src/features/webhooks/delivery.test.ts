import { describe, expect, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { hours, minutes, seconds } from '#core'
import { type Json, type Person, stoppedClock } from '#tests'
import { happen } from '../../../tests/support/happenings'
import { type Receiver, receiver } from '../../../tests/support/receiver'
import { bad, deliveries, listening, stage, subscribe } from '../../../tests/support/webhooks'

const only = async (person: Person, id: string): Promise<Json> => {
  const all = await deliveries(person, id)
  expect(all).toHaveLength(1)
  return all[0]
}

describe('a delivery', () => {
  // bar 170
  test('is verified by the official library on its raw bytes, emoji and line separators included', async () => {
    const { as, go, userId } = await stage()
    const server = listening()
    const { secret, id } = await subscribe(as.ada, `${server.url}/hook?a=b`)
    const text = '🦆\u2028\u2029 "\\ é \u0000 </script>'
    const event = await go(text)
    expect(server.received).toHaveLength(1)
    const [{ raw, headers, path } = { raw: '', headers: {}, path: '' }] = server.received
    expect(path).toBe('/hook?a=b')
    const timestamp = event.createdAt.toISOString()
    expect(new Webhook(secret).verify(raw, headers)).toEqual({
      type: 'thing.happened',
      timestamp,
      data: { userId, text },
    })
    expect(() => new Webhook(secret).verify(`${raw} `, headers)).toThrow()
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': `msg_${event.id.replaceAll('-', '')}`,
      'x-request-id': 'request-1',
    })
    const delivery = await only(as.ada, id)
    expect(delivery).toMatchObject({
      eventId: event.id,
      eventType: 'thing.happened',
      status: 'delivered',
      nextAttemptAt: null,
    })
    expect(delivery.attempts).toMatchObject([{ statusCode: 204 }])
  })

  // bar 170
  test('that is tried again keeps its id and body, and has a fresh time and signature', async () => {
    const { as, go, clock, runJobs } = await stage()
    const server = listening((_, count) => new Response('no', { status: count === 1 ? 500 : 200 }))
    const { secret, id } = await subscribe(as.ada, server.url)
    await go()
    expect(await only(as.ada, id)).toMatchObject({
      status: 'pending',
      attempts: [{ statusCode: 500, responseBody: 'no' }],
    })
    clock.advance(seconds(7))
    await runJobs()
    const [first, second] = server.received
    expect(second?.raw).toBe(first?.raw ?? '')
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'] ?? '')
    const times = [first, second].map((request) => Number(request?.headers['webhook-timestamp']))
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(6)
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature'] ?? '')
    new Webhook(secret).verify(second?.raw ?? '', second?.headers ?? {})
    expect(await only(as.ada, id)).toMatchObject({ status: 'delivered', nextAttemptAt: null })
  })

  test('tells nothing of where a request came from', async () => {
    const { as, go } = await stage()
    const server = listening()
    await subscribe(as.ada, server.url)
    await go()
    expect(JSON.stringify(server.received)).not.toContain('203.0.113.77')
  })

  // bar 171
  test('is signed with both secrets while one is rotated, and with the new one after a day', async () => {
    const { as, go, clock } = await stage()
    const server = listening()
    const { secret: before, id } = await subscribe(as.ada, server.url)
    const rotated = await as.ada.post(`/webhooks/${id}/rotate-secret`).json()
    expect(rotated.secret).not.toBe(before)
    await go()
    clock.advance(hours(24) + minutes(1))
    await as.ada.signIn()
    await go()
    const [first, second] = server.received
    const verify = (secret: string, request: typeof first) => {
      const timestamp = String(Math.floor(Date.now() / 1000))
      const headers = { ...request?.headers }
      // The library holds the time against the real clock; sign anew what the moved clock has signed.
      if (headers['webhook-timestamp'] !== timestamp && request === second) {
        const at = new Date(Number(headers['webhook-timestamp']) * 1000)
        return headers['webhook-signature']
          ?.split(' ')
          .includes(new Webhook(secret).sign(headers['webhook-id'] ?? '', at, request?.raw ?? ''))
      }
      new Webhook(secret).verify(request?.raw ?? '', headers)
      return true
    }
    expect(first?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
    expect([verify(before, first), verify(rotated.secret, first)]).toEqual([true, true])
    expect([verify(before, second), verify(rotated.secret, second)]).toEqual([false, true])
  })
})

describe('an endpoint that fails', () => {
  // bar 172
  test.each([
    ['answers 500', () => new Response('', { status: 500 })],
    ['answers 404', () => new Response('', { status: 404 })],
    ['answers 302', () => new Response('', { status: 302, headers: { location: 'https://example.com/' } })],
    ['answers 599', () => new Response('', { status: 599 })],
  ])('and %s is tried ten times, on the schedule with some jitter, and then no more', async (_, answer) => {
    const { as, go, clock, runJobs } = await stage({}, { clock: stoppedClock() })
    const server = listening(answer)
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const schedule = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for (const [i, slot] of schedule.entries()) {
      const { nextAttemptAt, attempts } = await only(as.ada, id)
      expect(attempts).toHaveLength(i + 1)
      const pause = (Date.parse(nextAttemptAt) - Date.parse(attempts[i].at)) / 1000
      expect(pause).toBeGreaterThanOrEqual(slot)
      expect(pause).toBeLessThanOrEqual(slot * 1.2 + 2)
      clock.set(new Date(Date.parse(nextAttemptAt) - 1500))
      await runJobs()
      expect(server.received).toHaveLength(i + 1)
      clock.advance(seconds(2))
      await runJobs()
      await as.ada.signIn()
    }
    expect(server.received).toHaveLength(10)
    const delivery = await only(as.ada, id)
    expect(delivery).toMatchObject({ status: 'failed', nextAttemptAt: null })
    expect(delivery.attempts).toHaveLength(10)
    clock.advance(hours(48))
    await runJobs()
    expect(server.received).toHaveLength(10)
  })

  // bar 172, bar 180
  test('to answer at all is tried again as well, and the log tells no address', async () => {
    const { as, go } = await stage({}, { outbound: { timeout: 150 } })
    const closed = receiver()
    await closed.stop()
    const servers = [
      ['connection_refused', closed.url],
      ['connection_reset', (await bad((socket) => socket.resetAndDestroy())).url],
      ['timeout', (await bad(() => {})).url],
    ] as const
    const ids = await Promise.all(servers.map(async ([, url]) => (await subscribe(as.ada, url)).id))
    await go()
    for (const [i, [error]] of servers.entries()) {
      const reply = await as.ada.get(`/webhooks/${ids[i]}/deliveries`)
      expect(reply.json().data).toMatchObject([{ status: 'pending', attempts: [{ error }] }])
      expect(reply.text).not.toContain('127.0.0.1')
    }
  })

  // bar 180
  test('keeps at most 1 kB of each answer', async () => {
    const { as, go } = await stage()
    const server = listening(() => new Response('🦆'.repeat(10_000), { status: 500 }))
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const { attempts } = await only(as.ada, id)
    expect(attempts[0].responseBody).toBe('🦆'.repeat(256))
  })

  // bar 173
  test('and answers 410 is turned off at once, and its owner is told', async () => {
    const { as, go, mail, clock, runJobs } = await stage()
    const server = listening(() => new Response('', { status: 410 }))
    const { id } = await subscribe(as.ada, server.url)
    await go()
    expect(await as.ada.get(`/webhooks/${id}`).json()).toMatchObject({ disabled: true, disabledReason: 'gone' })
    expect(await only(as.ada, id)).toMatchObject({ status: 'failed', nextAttemptAt: null })
    expect((await mail.latest('ada@example.com', 'webhook-disabled')).text).toContain('410')
    await go()
    clock.advance(hours(1))
    await runJobs()
    expect(server.received).toHaveLength(1)
  })

  // bar 173
  test.each([
    [429, '40', 40],
    [503, '40', 40],
    // Not below the schedule, not above what is bearable, and only where it means something.
    [429, '1', 5],
    [503, '86400', 60],
    [503, 'soon', 5],
    [500, '40', 5],
  ])('and answers %i with Retry-After %s is tried again after %i s', async (status, retryAfter, expected) => {
    const { as, go } = await stage()
    const server = listening(() => new Response('', { status, headers: { 'retry-after': retryAfter } }))
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const { nextAttemptAt, attempts } = await only(as.ada, id)
    const pause = (Date.parse(nextAttemptAt) - Date.parse(attempts[0].at)) / 1000
    expect(pause).toBeGreaterThanOrEqual(expected)
    expect(pause).toBeLessThanOrEqual(expected * 1.2 + 2)
  })

  // bar 173
  test('may say when to come back as a date', async () => {
    const { as, go, clock } = await stage()
    const server = listening(() => {
      const date = new Date(clock.now().getTime() + seconds(30)).toUTCString()
      return new Response('', { status: 503, headers: { 'retry-after': date } })
    })
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const { nextAttemptAt, attempts } = await only(as.ada, id)
    expect(Date.parse(nextAttemptAt) - Date.parse(attempts[0].at)).toBeGreaterThan(seconds(28))
  })

  // bar 174
  test('for five days is turned off, and its owner is told; one success in between starts the count anew', async () => {
    const { as, go, clock, mail, runJobs } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0' })
    let well = false
    const server = listening(() => new Response('', { status: well ? 200 : 500 }))
    const { id } = await subscribe(as.ada, server.url)
    const state = async () => {
      await as.ada.signIn()
      return as.ada.get(`/webhooks/${id}`).json()
    }
    await go()
    expect((await state()).failingSince).not.toBeNull()
    clock.advance(hours(119))
    well = true
    await go()
    expect(await state()).toMatchObject({ disabled: false, failingSince: null })
    well = false
    await go()
    clock.advance(hours(119))
    await go()
    expect(await state()).toMatchObject({ disabled: false })
    clock.advance(hours(2))
    await go()
    expect(await state()).toMatchObject({ disabled: true, disabledReason: 'failing' })
    const letter = await mail.latest('ada@example.com', 'webhook-disabled')
    expect(letter.text).toContain('five days')
    expect(letter.text).not.toContain('/hook')
    const before = server.received.length
    await go()
    await runJobs()
    expect(server.received).toHaveLength(before)
  })
})

describe('only what happened is sent', () => {
  // bar 182
  test('nothing of a change that was rolled back', async () => {
    const { app, as, userId, runJobs } = await stage()
    const server = listening()
    const { id } = await subscribe(as.ada, server.url)
    await expect(happen(app, { userId, undone: true })).rejects.toThrow('undone')
    await runJobs()
    expect(server.received).toEqual([])
    expect(await deliveries(as.ada, id)).toEqual([])
  })

  test('nothing that is not public, and nothing that nobody asked for', async () => {
    const { app, as, userId, runJobs } = await stage()
    const server = listening()
    await subscribe(as.ada, server.url, { events: ['user.*'] })
    await happen(app, { userId })
    await happen(app, { userId, secret: true })
    await runJobs()
    expect(server.received).toEqual([])
  })

  test.each([
    [['*'], ['thing.happened', 'user.updated']],
    [['thing.*'], ['thing.happened']],
    [['user.*', 'session.created'], ['user.updated']],
    [
      ['thing.happened', 'user.updated'],
      ['thing.happened', 'user.updated'],
    ],
  ])('what %p takes', async (events, expected) => {
    const { as, go } = await stage()
    const server = listening()
    await subscribe(as.ada, server.url, { events })
    await as.ada.patch('/users/me', { name: 'Ada King' }).json()
    await go()
    expect(server.received.map(({ raw }) => JSON.parse(raw).type).sort()).toEqual(expected)
  })

  test('to people, what is about them; to who holds webhooks:manage, everybody’s', async () => {
    const { app, as, runJobs, userId } = await stage()
    const [adas, bobs, all] = [listening(), listening(), listening()]
    await subscribe(as.ada, adas.url)
    await subscribe(as.bob, bobs.url)
    await subscribe(as.admin, all.url, { scope: 'app' })
    await happen(app, { userId, text: 'ada' })
    await happen(app, { userId: await as.bob.id(), text: 'bob' })
    await happen(app, { text: 'nobody' })
    await runJobs()
    const texts = ({ received }: Receiver) => received.map(({ raw }) => JSON.parse(raw).data.text).sort()
    expect([texts(adas), texts(bobs), texts(all)]).toEqual([['ada'], ['bob'], ['ada', 'bob', 'nobody']])
  })

  // bar 181
  test('by the time it takes the good ones: receivers that hang hold up nobody else', async () => {
    const { app, as, userId } = await stage()
    const hanging = await Promise.all(Array.from({ length: 10 }, () => bad(() => {})))
    for (const { url } of hanging) await subscribe(as.ada, url)
    const server = listening()
    await subscribe(as.ada, server.url)
    await app.queue.work()
    const sent: number[] = []
    for (let i = 0; i < 100; i++) {
      sent.push(performance.now())
      await happen(app, { userId, text: String(i) })
      await Bun.sleep(5)
    }
    await server.has(100)
    const took = server.received.map(
      ({ raw, at }) => at - performance.timeOrigin - (sent[JSON.parse(raw).data.text] ?? 0),
    )
    expect(took.toSorted((a, b) => a - b)[94]).toBeLessThan(2_000)
    for (const { open } of hanging) expect(open.size).toBeLessThanOrEqual(10)
  }, 20_000)
})
