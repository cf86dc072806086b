import { lt } from 'drizzle-orm'
import { defineFeature, defineJob } from '#core'
import { idempotencyKeys } from './schema'

const purge = defineJob<Record<string, never>>('idempotency.purge', {
  run: (ctx) =>
    ctx.database.transaction(
      async (tx) => void (await tx.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, ctx.now))),
      { bookkeeping: true },
    ),
})

/** Keys that have had their day. */
export const idempotency = defineFeature({
  name: 'idempotency',
  jobs: [purge],
  schedule: [{ name: 'idempotency.purge', cron: '37 * * * *', job: purge }],
})
