import { eq } from 'drizzle-orm'
import { events } from '#adapters/journal/schema'
import { type App, type Clock, defineEvent, defineFeature, type SignedActor, seconds, t } from '#core'
import { journal, transaction } from '#db'
import { router } from '#http'
import { createApi } from '../../../src/api'
import { closeApp, openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'

/** Posts one order with an Idempotency-Key; dies where it is told to. Prints the status, the code and how many orders there are. */
const [dataDir = '', dies = 'never', late = '0'] = process.argv.slice(2)
const die = (where: string) => {
  if (dies === where) process.kill(process.pid, 'SIGKILL')
}

const placed = defineEvent('order.placed', {
  payload: t.Object({ id: t.String() }),
  subject: ({ id }) => ({ type: 'order', id }),
  summary: 'placed an order',
})
const ada: SignedActor = {
  type: 'user',
  userId: 'ada',
  sessionId: 's',
  name: 'Ada',
  role: 'user',
  emailVerified: true,
  permissions: new Set(),
  provedAt: new Date(0),
}
const orders = defineFeature({
  name: 'orders',
  events: [placed],
  authenticate: () => () => ({ actor: ada }),
  routes: (app: App) =>
    router(app, '/orders').post(
      '/',
      async ({ ctx, status }) => {
        await transaction(ctx, async (tx) => {
          await journal.record(tx, ctx, placed, { id: '1' })
          die('before the commit')
        })
        die('after the commit')
        return status(201, { id: '1' })
      },
      { auth: 'user', response: { 201: t.Object({ id: t.String() }) } },
    ),
})

const clock: Clock = { now: () => new Date(Date.now() + seconds(Number(late))) }
const app = await openApp(loadConfig({ NODE_ENV: 'test', DATA_DIR: dataDir }), { clock, features: [orders] })
const request = new Request('http://localhost/api/v1/orders', {
  method: 'POST',
  headers: { 'idempotency-key': 'one-order', authorization: 'of no matter' },
})
const response = await createApi(app).fetch(request)
const { code }: { code?: string } = await response.json()
const count = await app.db.$count(events, eq(events.type, 'order.placed'))
process.stdout.write(
  JSON.stringify({ status: response.status, code, replayed: response.headers.get('idempotent-replayed'), count }),
)
await closeApp(app)
