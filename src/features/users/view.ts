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

/** The strong entity tag of a profile (RFC 9110). */
export const entityTag = (user: User) => `"${user.id}-${user.version}"`

/** What events say about a person. */
export const person = (user: User) => ({ userId: user.id, name: user.name, email: user.email })
