import { and, eq, inArray, isNull } from 'drizzle-orm'
import { type Clock, days, Failure, later, newId, seconds } from '#core'
import type { Database, Tx } from '../database/port'
import type { Claim, Held, Idempotency, StoredReply } from './port'
import { idempotencyKeys } from './schema'
import { type Vault, vaultOf } from './vault'

/** How long a reply is kept. */
const LIFETIME = days(1)
/** After this an attempt that has neither committed nor answered is taken for dead. It may still live: then it cannot commit. */
const LEASE = seconds(30)

interface Deps {
  database: Database
  clock: Clock
  secrets: readonly string[]
}

type Row = typeof idempotencyKeys.$inferSelect

/**
 * Keys in the app's own database.
 *
 * A claim is a row with a name for the attempt. The effect's transaction notes itself in that row, and only while the
 * name is still its own. So the row tells, after any crash, whether the effect took place: if not, the next attempt
 * takes the claim over and runs; if so, it must not run again. At most one attempt ever commits.
 */
export const openIdempotency = ({ database, clock, secrets }: Deps): Idempotency => {
  const vaults = secrets.map(vaultOf)
  const write = <T>(work: (tx: Tx) => Promise<T>) => database.transaction(work, { bookkeeping: true })

  const hold = (vault: Vault, id: string, claim: string): Held => {
    const mine = and(eq(idempotencyKeys.id, id), eq(idempotencyKeys.claim, claim))
    const end = (set: Partial<Row>) => write(async (tx) => void (await tx.update(idempotencyKeys).set(set).where(mine)))
    return {
      beforeCommit: async (tx) => {
        const { id: column } = idempotencyKeys
        const [row] = await tx
          .update(idempotencyKeys)
          .set({ committedAt: clock.now() })
          .where(mine)
          .returning({ column })
        if (!row)
          throw new Failure(
            'conflict',
            'request_in_progress',
            'Another attempt with this Idempotency-Key has taken over.',
          )
      },
      complete: ({ status, ...reply }: StoredReply) =>
        end({ status, reply: vault.seal(id, reply), committedAt: clock.now() }),
      release: () =>
        write(async (tx) => {
          await tx.delete(idempotencyKeys).where(and(mine, isNull(idempotencyKeys.committedAt)))
          await tx.update(idempotencyKeys).set({ leasedUntil: clock.now() }).where(mine)
        }),
      forget: () => write(async (tx) => void (await tx.delete(idempotencyKeys).where(mine))),
    }
  }

  const claim: Idempotency['claim'] = (caller, key, request) =>
    write(async (tx): Promise<Claim> => {
      const now = clock.now()
      const ids = vaults.map((vault) => vault.idOf(caller, key))
      const [row] = await tx.select().from(idempotencyKeys).where(inArray(idempotencyKeys.id, ids)).limit(1)
      // A key from before the secret was rotated still opens with the secret it was made with.
      const at = row ? ids.indexOf(row.id) : 0
      const [vault, id] = [vaults[at], ids[at]]
      if (!vault || !id) throw new Error('There is no secret to keep idempotency keys with')
      const fingerprint = vault.fingerprintOf(request)
      if (row && row.expiresAt > now) {
        if (row.fingerprint !== fingerprint) return { outcome: 'reused' }
        const { status, reply, leasedUntil, committedAt } = row
        if (status !== null && reply !== null) return { outcome: 'replay', reply: { status, ...vault.open(id, reply) } }
        if (leasedUntil > now)
          return { outcome: 'running', retryAfter: Math.ceil((leasedUntil.getTime() - now.getTime()) / 1000) }
        if (committedAt !== null) return { outcome: 'lost' }
      }
      const name = newId()
      const values = {
        id,
        fingerprint,
        claim: name,
        leasedUntil: later(now, LEASE),
        committedAt: null,
        status: null,
        reply: null,
        expiresAt: later(now, LIFETIME),
      }
      await tx.insert(idempotencyKeys).values(values).onConflictDoUpdate({ target: idempotencyKeys.id, set: values })
      return { outcome: 'claimed', held: hold(vault, id, name) }
    })

  return { claim }
}
