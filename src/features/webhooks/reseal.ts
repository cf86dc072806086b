import { and, asc, eq, gt, isNotNull, like, not, or } from 'drizzle-orm'
import { type App, type Context, perApp } from '#core'
import { bookkeeping } from '#db'
import { type Webhook, webhooks } from './schema'
import { vault } from './secret'

/** Endpoints whose secrets are sealed anew in one transaction. */
const BATCH = 200

/** Endpoints whose secret could not be read at start. */
const lost = perApp(() => ({ count: 0 }))

/**
 * After a change of SECRET_KEY: seals under the newest one what an older one still opens, so that the older one can be
 * taken away. Runs at each start; leaves alone, and tells in the log, what no secret in force opens.
 */
export const sealAnew = async (ctx: Context): Promise<void> => {
  const state = lost(ctx)
  state.count = 0
  for (let after = ''; ; ) {
    const batch = await staleAfter(ctx, after)
    const last = batch.at(-1)
    if (!last) break
    after = last.id
    state.count += batch.length - (await sealBatch(ctx, batch))
  }
  if (state.count > 0)
    ctx.log.error(
      { lost: state.count },
      'webhook secrets cannot be read: was SECRET_KEY replaced where a new one should be put before it?',
    )
}

/** Endpoints whose secret no secret in force opens: nothing can be sent to them until they get another one. */
export const countLost = async (app: App): Promise<number> => {
  const state = lost(app)
  if (state.count > 0) state.count = await app.db.$count(webhooks, isStale(app))
  return state.count
}

const isStale = (app: App) => {
  const fresh = `${vault(app).prefix}%`
  const { secret, previousSecret } = webhooks
  return or(not(like(secret, fresh)), and(isNotNull(previousSecret), not(like(previousSecret, fresh))))
}

const staleAfter = (ctx: Context, id: string): Promise<Webhook[]> =>
  ctx.db
    .select()
    .from(webhooks)
    .where(and(isStale(ctx), gt(webhooks.id, id)))
    .orderBy(asc(webhooks.id))
    .limit(BATCH)

/** Returns how many could be opened. */
const sealBatch = async (ctx: Context, batch: readonly Webhook[]): Promise<number> => {
  const { open, seal } = vault(ctx)
  const fresh = batch.flatMap(({ id, secret, previousSecret, previousSecretUntil }) => {
    const anew = (sealed: string) => seal(open(sealed, id), id)
    // What signs no more needs no key.
    const signs = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > ctx.now
    try {
      return [{ id, secret, anew: { secret: anew(secret), previousSecret: signs ? anew(previousSecret) : null } }]
    } catch {
      return []
    }
  })
  await bookkeeping(ctx, async (tx) => {
    for (const { id, secret, anew } of fresh)
      await tx
        .update(webhooks)
        .set(anew)
        .where(and(eq(webhooks.id, id), eq(webhooks.secret, secret)))
  })
  return fresh.length
}
