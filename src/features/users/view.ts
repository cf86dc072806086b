import { isBanned } from './find'
import type { User } from './schema'

/** A person as the API shows it. */
export const view = (user: User) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  avatarUrl: user.avatarFileId ? `/api/v1/files/${user.avatarFileId}/content?variant=thumb` : null,
  emailVerified: user.emailVerifiedAt !== null,
  role: user.role,
  twoFactorEnabled: user.twoFactorEnabledAt !== null,
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
})

export type UserView = ReturnType<typeof view>

/** A person as those see them who look after people. */
export const viewDetail = (user: User, now: Date) => ({
  ...view(user),
  status: statusOf(user, now),
  bannedUntil: isBanned(user, now) ? (user.bannedUntil?.toISOString() ?? null) : null,
  banReason: isBanned(user, now) ? user.banReason : null,
  deletedAt: user.deletedAt?.toISOString() ?? null,
  lastSeenAt: user.lastSeenAt?.toISOString() ?? null,
})

export type UserDetail = ReturnType<typeof viewDetail>

const statusOf = (user: User, now: Date) => {
  if (user.deletedAt) return 'deleted' as const
  return isBanned(user, now) ? ('banned' as const) : ('active' as const)
}

/** The strong entity tag of a profile (RFC 9110). */
export const entityTag = (user: User) => `"${user.id}-${user.version}"`

/** What events say about a person. */
export const person = (user: User) => ({ userId: user.id, name: user.name, email: user.email })
