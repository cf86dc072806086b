import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { days, defineEvent, seconds, systemContext, t } from '#core'
import { journal, transaction } from '#db'
import { stoppedClock, testApp } from '#tests'
import { events } from '../journal/schema'
import type { Claim, Held } from './port'
import { openIdempotency } from './store'

const happened = defineEvent('thing.happened', {
  payload: t.Object({ id: t.String() }),
  subject: ({ id }) => ({ type: 'thing', id }),
  summary: 'made a thing happen',
})
const REPLY = {
  status: 201,
  headers: [['location', '/things/1']] as [string, string][],
  body: new TextEncoder().encode('{"käse":1}'),
}
const SECRETS = ['first secret, long enough for the tests', 'second secret, long enough for the tests']

const setUp = async () => {
  const clock = stoppedClock()
  const { app } = await testApp({ clock })
  const store = (secrets = SECRETS) => openIdempotency({ database: app.database, clock, secrets })
  const { claim } = store()
  /** What a verb does: one change, under the key. */
  const act = (held: Held) =>
    transaction(
      { ...systemContext(app, 'test'), database: app.database, beforeCommit: held.beforeCommit },
      async (tx) => {
        await journal.record(tx, systemContext(app, 'test'), happened, { id: '1' })
      },
    )
  const effects = () => app.db.$count(events, eq(events.type, 'thing.happened'))
  return { app, clock, claim, store, act, effects }
}

const held = (claim: Claim): Held => {
  if (claim.outcome !== 'claimed') throw new Error(`Expected a claim, got ${claim.outcome}`)
  return claim.held
}

describe('a claim', () => {
  test('is given once; what was answered is given again, for a day', async () => {
    const { claim, clock } = await setUp()
    await held(await claim('ada', 'k', 'POST /')).complete(REPLY)
    expect(await claim('ada', 'k', 'POST /')).toEqual({ outcome: 'replay', reply: REPLY })
    clock.advance(days(1) - 1)
    expect((await claim('ada', 'k', 'POST /')).outcome).toBe('replay')
    clock.advance(1)
    expect((await claim('ada', 'k', 'POST /')).outcome).toBe('claimed')
  })

  test('belongs to a caller and to a request', async () => {
    const { claim } = await setUp()
    expect((await claim('ada', 'k', 'POST /')).outcome).toBe('claimed')
    expect((await claim('bob', 'k', 'POST /')).outcome).toBe('claimed')
    expect(await claim('ada', 'k', 'POST /other')).toEqual({ outcome: 'reused' })
  })

  test('given back without an effect is free', async () => {
    const { claim } = await setUp()
    await held(await claim('ada', 'k', 'POST /')).release()
    expect((await claim('ada', 'k', 'POST /')).outcome).toBe('claimed')
  })

  test('outlives a rotation of the secret', async () => {
    const { claim, store } = await setUp()
    await held(await claim('ada', 'k', 'POST /')).complete(REPLY)
    const rotated = store(['third secret, long enough for the tests', ...SECRETS])
    expect(await rotated.claim('ada', 'k', 'POST /')).toEqual({ outcome: 'replay', reply: REPLY })
    expect(await rotated.claim('ada', 'k', 'POST /other')).toEqual({ outcome: 'reused' })
  })
})

describe('when an attempt dies', () => {
  // bar 188
  test('before its effect, the next one waits for the lease and then runs', async () => {
    const { claim, clock, act, effects } = await setUp()
    held(await claim('ada', 'k', 'POST /'))
    expect(await claim('ada', 'k', 'POST /')).toEqual({ outcome: 'running', retryAfter: 30 })
    clock.advance(seconds(30))
    const second = held(await claim('ada', 'k', 'POST /'))
    await act(second)
    await second.complete(REPLY)
    expect(await effects()).toBe(1)
  })

  // bar 188
  test('between its effect and its reply, no other one ever runs', async () => {
    const { claim, clock, act, effects } = await setUp()
    await act(held(await claim('ada', 'k', 'POST /')))
    expect((await claim('ada', 'k', 'POST /')).outcome).toBe('running')
    clock.advance(seconds(30))
    expect(await claim('ada', 'k', 'POST /')).toEqual({ outcome: 'lost' })
    expect(await effects()).toBe(1)
  })

  // bar 188
  test('only seemingly, it cannot commit any more once another one has taken over', async () => {
    const { claim, clock, act, effects } = await setUp()
    const slow = held(await claim('ada', 'k', 'POST /'))
    clock.advance(seconds(31))
    const second = held(await claim('ada', 'k', 'POST /'))
    await expect(act(slow)).rejects.toThrow(expect.objectContaining({ code: 'request_in_progress' }))
    expect(await effects()).toBe(0)
    await act(second)
    await second.complete(REPLY)
    await slow.complete({ ...REPLY, status: 500 })
    await slow.release()
    await slow.forget()
    expect(await claim('ada', 'k', 'POST /')).toEqual({ outcome: 'replay', reply: REPLY })
    expect(await effects()).toBe(1)
  })
})

test('an effect that is rolled back is none', async () => {
  const { app, claim, effects } = await setUp()
  const attempt = held(await claim('ada', 'k', 'POST /'))
  const ctx = systemContext(app, 'test')
  const failing = app.database.transaction(
    async (tx) => {
      await journal.record(tx, ctx, happened, { id: '1' })
      throw new Error('no')
    },
    { beforeCommit: attempt.beforeCommit },
  )
  await expect(failing).rejects.toThrow('no')
  await attempt.release()
  expect((await claim('ada', 'k', 'POST /')).outcome).toBe('claimed')
  expect(await effects()).toBe(0)
})

test('a reply that was moved to another row, or altered, is not opened', async () => {
  const { app, claim } = await setUp()
  const { idempotencyKeys } = await import('./schema')
  await held(await claim('ada', 'k', 'POST /')).complete(REPLY)
  const [row] = await app.db.select().from(idempotencyKeys)
  const reply = Buffer.from(row?.reply ?? [])
  reply[reply.length - 1] = (reply.at(-1) ?? 0) ^ 1
  await app.database.transaction(
    (tx) =>
      tx
        .update(idempotencyKeys)
        .set({ reply })
        .then(() => {}),
    { bookkeeping: true },
  )
  await expect(claim('ada', 'k', 'POST /')).rejects.toThrow()
})
