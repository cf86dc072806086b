import type { ApiKey } from './schema'

const time = (date: Date | null) => date?.toISOString() ?? null

/** A key as its owner sees it: never its secret. */
export const view = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  last4: key.last4,
  scopes: key.scopes,
  rateLimit: key.rateLimit,
  allowedIps: key.allowedIps,
  expiresAt: time(key.expiresAt),
  previousValidUntil: time(key.previousUntil),
  lastUsedAt: time(key.lastUsedAt),
  createdAt: key.createdAt.toISOString(),
})

export type KeyView = ReturnType<typeof view>
