import { eq } from 'drizzle-orm'
import { hours, later, type Signed } from '#core'
import { journal, transaction } from '#db'
import { get } from './endpoints'
import { webhookSecretRotated } from './events'
import { webhooks } from './schema'
import { newSecret, vault } from './secret'
import { hostOf, view } from './view'

/** How long the secret before signs too, so that a receiver can be changed without missing anything. */
const GRACE = hours(24)

/** Gives an endpoint a new secret, which is told once. Of two rotations in a day the first secret ends at once. */
export const rotate = (ctx: Signed, id: string) =>
  transaction(ctx, async (tx) => {
    const { secret: previousSecret } = await get(ctx, id, tx)
    const secret = newSecret()
    const until = later(ctx.now, GRACE)
    await tx
      .update(webhooks)
      .set({
        secret: vault(ctx).seal(secret, id),
        previousSecret,
        previousSecretUntil: until,
        updatedAt: ctx.now,
      })
      .where(eq(webhooks.id, id))
    const webhook = await get(ctx, id, tx)
    await journal.record(tx, ctx, webhookSecretRotated, {
      userId: webhook.userId,
      webhookId: id,
      host: hostOf(webhook),
      previousUntil: until.toISOString(),
    })
    return { ...view(webhook), secret, previousSecretExpiresAt: until.toISOString() }
  })
