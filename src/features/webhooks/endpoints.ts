import { and, count, eq, or, type SQL } from 'drizzle-orm'
import { type Context, holds, newId, type Page, type Signed, type Tx } from '#core'
import { journal, type PageRequest, paginate, transaction } from '#db'
import { checkFilters, checkUrl } from './check'
import { disable } from './disable'
import { webhookCreated, webhookDeleted, webhookUpdated } from './events'
import { failures } from './failures'
import { MANAGE } from './owner'
import { type Webhook, webhooks } from './schema'
import { newSecret, vault } from './secret'
import { hostOf, view } from './view'

/** Endpoints for their own events that a person may have, and endpoints for everybody's that there may be. */
const MAX_OWN = 20
const MAX_APP = 50

export interface NewWebhook {
  url: string
  events: string[]
  description?: string | null
  scope?: Webhook['scope']
}

export interface WebhookChange {
  url?: string
  events?: string[]
  description?: string | null
  disabled?: boolean
}

const manages = (ctx: Signed) => holds(ctx.actor.permissions, MANAGE)

/** Endpoints that the caller may see: their own, and for who looks after them those that get everybody's events. */
const visible = (ctx: Signed): SQL | undefined =>
  or(eq(webhooks.userId, ctx.actor.userId), manages(ctx) ? eq(webhooks.scope, 'app') : undefined)

/** The endpoint, if the caller may see it. Throws WEBHOOK_NOT_FOUND. */
export const get = async (ctx: Signed, id: string, db: Pick<Tx, 'select'> = ctx.db): Promise<Webhook> => {
  const [webhook] = await db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, id), visible(ctx)))
  if (!webhook) throw failures.WEBHOOK_NOT_FOUND()
  return webhook
}

export const list = (ctx: Signed, query: PageRequest): Promise<Page<ReturnType<typeof view>>> =>
  paginate(ctx, query, {
    from: webhooks,
    where: visible(ctx),
    sort: { createdAt: webhooks.createdAt },
    id: webhooks.id,
    filter: [ctx.actor.userId, manages(ctx)],
    view,
  })

/**
 * Adds an endpoint. Returns it with its secret, which is not told again.
 * Throws FORBIDDEN, VALIDATION_FAILED, WEBHOOK_LIMIT_REACHED.
 */
export const create = async (ctx: Signed, wanted: NewWebhook) => {
  const { url, events, description = null, scope = 'own' } = wanted
  if (scope === 'app' && !manages(ctx)) throw failures.FORBIDDEN()
  checkFilters(ctx, events)
  await checkUrl(ctx, url)
  const id = newId()
  const secret = newSecret()
  const { userId } = ctx.actor
  const sealed = vault(ctx).seal(secret, id)
  return transaction(ctx, async (tx) => {
    await keepRoom(tx, userId, scope)
    const times = { createdAt: ctx.now, updatedAt: ctx.now }
    const row = { id, userId, scope, url, events, description, secret: sealed, ...times }
    const [webhook] = await tx.insert(webhooks).values(row).returning()
    if (!webhook) throw failures.WEBHOOK_NOT_FOUND()
    await journal.record(tx, ctx, webhookCreated, { userId, webhookId: id, host: hostOf(webhook), scope, events })
    return { ...view(webhook), secret }
  })
}

const keepRoom = async (tx: Tx, userId: string, scope: Webhook['scope']) => {
  const app = scope === 'app'
  const alike = and(eq(webhooks.scope, scope), app ? undefined : eq(webhooks.userId, userId))
  const [found] = await tx.select({ n: count() }).from(webhooks).where(alike)
  if ((found?.n ?? 0) >= (app ? MAX_APP : MAX_OWN)) throw failures.WEBHOOK_LIMIT_REACHED()
}

/** Changes an endpoint, or turns it off or on. Throws WEBHOOK_NOT_FOUND, VALIDATION_FAILED, NOTHING_TO_CHANGE. */
export const update = async (ctx: Signed, id: string, change: WebhookChange) => {
  const changed = Object.keys(change)
  if (changed.length === 0) throw failures.NOTHING_TO_CHANGE()
  // Before its URL is looked at: of somebody else's endpoint nothing is told.
  await get(ctx, id)
  if (change.events) checkFilters(ctx, change.events)
  if (change.url !== undefined) await checkUrl(ctx, change.url)
  return transaction(ctx, async (tx) => {
    const before = await get(ctx, id, tx)
    const { disabled, ...fields } = change
    // A new address, or a new start, has not failed yet.
    const fresh = fields.url !== undefined || (disabled === false && before.disabledAt)
    const [after] = await tx
      .update(webhooks)
      .set({
        ...fields,
        ...(fresh ? { failingSince: null, slow: false } : {}),
        ...(disabled === false ? { disabledAt: null, disabledReason: null } : {}),
        updatedAt: ctx.now,
      })
      .where(eq(webhooks.id, id))
      .returning()
    if (!after) throw failures.WEBHOOK_NOT_FOUND()
    const { userId, events } = after
    await journal.record(tx, ctx, webhookUpdated, { userId, webhookId: id, host: hostOf(after), changed, events })
    if (disabled && !before.disabledAt) await disable(tx, ctx, after, 'owner')
    return view(await get(ctx, id, tx))
  })
}

/** Removes an endpoint with all its deliveries. Throws WEBHOOK_NOT_FOUND. */
export const remove = (ctx: Signed, id: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    const webhook = await get(ctx, id, tx)
    await removeOne(tx, ctx, webhook)
  })

/** Removes an endpoint in the caller's transaction. */
export const removeOne = async (tx: Tx, ctx: Context, webhook: Webhook) => {
  const { id: webhookId, userId } = webhook
  await tx.delete(webhooks).where(eq(webhooks.id, webhookId))
  await journal.record(tx, ctx, webhookDeleted, { userId, webhookId, host: hostOf(webhook) })
}
