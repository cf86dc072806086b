import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { Webhook } from 'standardwebhooks'
import { hours } from '#core'
import { bookkeeping } from '#db'
import { closeApp, openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'
import { happen, withHappenings } from '../../../tests/support/happenings'
import { LOOPBACK, listening, stage, subscribe } from '../../../tests/support/webhooks'
import { webhooks } from './schema'

const FRESH = 'a new one for tests: fedcba9876543210fedcba9876543210'
const healthOf = {
  pass: { status: 'pass' as const, detail: { unreadable: 0 } },
  lost: { status: 'warn' as const, detail: { unreadable: 1 } },
}

/** The house at its next start, with other secrets, as long as `use` takes. */
const restart = async (
  { config, clock }: Awaited<ReturnType<typeof stage>>,
  secrets: string,
  use: (app: Awaited<ReturnType<typeof openApp>>) => Promise<void> = async () => {},
) => {
  const env = { NODE_ENV: 'test', DATA_DIR: config.dataDir, SECRET_KEY: secrets, ...LOOPBACK }
  const app = await openApp(loadConfig(env), { features: withHappenings, clock })
  try {
    await use(app)
    const [row] = await app.db.select().from(webhooks)
    const health = await app.features.find(({ name }) => name === 'webhooks')?.health?.(app)
    return { row, health }
  } finally {
    await app.queue.drain(0)
    await closeApp(app)
  }
}

// bar 97, bar 171
test('secrets move to a new SECRET_KEY at the next start, and sign when the old one is gone', async () => {
  const house = await stage()
  const old = house.config.secrets[0] ?? ''
  const receiver = listening()
  const { id, secret: first } = await subscribe(house.as.ada, receiver.url)
  const { secret: second } = await house.as.ada.post(`/webhooks/${id}/rotate-secret`).json()
  const before = await restart(house, old)

  const replaced = await restart(house, FRESH)
  expect(replaced.health).toEqual(healthOf.lost)
  expect(replaced.row).toEqual(before.row)

  const both = await restart(house, `${FRESH},${old}`)
  expect(both.health).toEqual(healthOf.pass)
  expect(both.row?.secret).not.toBe(before.row?.secret)
  const alone = await restart(house, FRESH, async (app) => {
    await happen(app, { userId: house.userId, text: 'hello' })
    await app.queue.runDue()
  })
  expect(alone.health).toEqual(healthOf.pass)
  const [sent] = receiver.received
  for (const secret of [first, second])
    expect(new Webhook(secret).verify(sent?.raw ?? '', sent?.headers ?? {})).toMatchObject({ type: 'thing.happened' })
})

test('the secret before is dropped once it signs no more, and what one key cannot open keeps no other from it', async () => {
  const house = await stage()
  const old = house.config.secrets[0] ?? ''
  const { id } = await subscribe(house.as.ada, listening().url)
  const { id: broken } = await subscribe(house.as.ada, listening().url)
  await house.as.ada.post(`/webhooks/${id}/rotate-secret`)
  await bookkeeping(house.app, (tx) => tx.update(webhooks).set({ secret: 'gone.gone' }).where(eq(webhooks.id, broken)))
  house.clock.advance(hours(25))
  const { row, health } = await restart(house, `${FRESH},${old}`)
  expect(row?.previousSecret).toBeNull()
  expect(health).toEqual(healthOf.lost)
})
