import { type App, digest, type Identity, type RecordedEvent, seconds } from '#core'
import { isBanned, knownById, permissionsOf } from '#features/users'
import { exchangeOf } from '#http'
import { isWithin, type Range, rangeOf } from './addresses'
import { failures } from './failures'
import { byDigest } from './find'
import { narrowed } from './scopes'
import { looksRight } from './secret'
import { usageOf } from './usage'

/** How long a key's state may be answered from memory. What this process changes is dropped at once. */
const MEMORY = seconds(1)
const REMEMBERED = 10_000

interface Known {
  identity: Identity
  apiKeyId: string
  userId: string
  addresses: Range[] | undefined
  /** When this secret stops to work, and when its state was read: milliseconds. */
  until: number
  at: number
}

/** Recognises `X-API-Key`, and holds it against the key's and its owner's state on every request. */
export const authenticate = (app: App) => {
  const known = new Map<string, Known>()
  const usage = usageOf(app)
  let changes = 0

  app.bus.subscribe('journal', (message) => {
    const { type, userId } = message as Pick<RecordedEvent, 'type' | 'userId'>
    changes += 1
    if (type.startsWith('role.')) known.clear()
    else if (userId) for (const [secret, one] of known) if (one.userId === userId) known.delete(secret)
  })

  // Some changes may not have been heard of.
  app.bus.subscribe('gap', () => {
    changes += 1
    known.clear()
  })

  const admit = (request: Request, one: Known, now: number): Identity => {
    if (one.until <= now) throw failures.INVALID_API_KEY()
    if (one.addresses && !isWithin(one.addresses, exchangeOf(request).ip)) throw failures.IP_NOT_ALLOWED()
    usage.note(one.apiKeyId, now)
    return one.identity
  }

  const read = async (request: Request, secret: string, now: number): Promise<Identity> => {
    const asOf = changes
    const one = await load(app, secret, now)
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '')
    // What changed while it was read may have been this.
    if (asOf === changes) known.set(secret, one)
    return admit(request, one, now)
  }

  return (request: Request): Identity | undefined | Promise<Identity> => {
    const presented = request.headers.get('x-api-key')
    if (presented === null) return undefined
    if (!looksRight(presented)) throw failures.INVALID_API_KEY()
    const now = app.clock.now().getTime()
    const secret = digest(presented)
    const fresh = known.get(secret)
    return fresh && Math.abs(now - fresh.at) < MEMORY ? admit(request, fresh, now) : read(request, secret, now)
  }
}

const load = async (app: App, secret: string, now: number): Promise<Known> => {
  const key = await byDigest(app.db).get({ digest: secret, now })
  const owner = key && (await knownById(app, key.userId))
  if (!owner || isBanned(owner, new Date(now))) throw failures.INVALID_API_KEY()
  const ends = [key.expiresAt, key.digest === secret ? null : key.previousUntil]
  return {
    apiKeyId: key.id,
    userId: owner.id,
    addresses: key.allowedIps?.map(rangeOf).filter((range) => range !== undefined),
    until: Math.min(...ends.map((end) => end?.getTime() ?? Number.POSITIVE_INFINITY)),
    at: now,
    identity: {
      actor: {
        type: 'api-key',
        apiKeyId: key.id,
        userId: owner.id,
        name: owner.name,
        role: owner.role,
        emailVerified: owner.emailVerifiedAt !== null,
        permissions: narrowed(key.scopes, await permissionsOf(app.db, owner.role)),
      },
      limit: { key: key.id, ...(key.rateLimit ? { own: key.rateLimit } : {}) },
    },
  }
}
