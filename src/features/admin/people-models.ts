import { t } from 'elysia'
import { UserDetailModel, UserModel } from '#features/users'

const time = () => t.String({ format: 'date-time' })

/** A sentence for those who ask later why. */
const Reason = t.String({
  minLength: 1,
  maxLength: 500,
  pattern: '\\S',
  error: 'has to be 1 to 500 characters',
  examples: ['Ticket 4711'],
})

/** Everything about a person that helps to help them. */
export const Person = t.Object({
  ...UserDetailModel.properties,
  locale: t.String(),
  timezone: t.String(),
  /** What the role allows. */
  permissions: t.Array(t.String()),
  emailVerifiedAt: t.Nullable(time()),
  twoFactorEnabledAt: t.Nullable(time()),
  bannedAt: t.Nullable(time()),
  deletionScheduledAt: t.Nullable(time()),
  deletedBy: t.Nullable(t.String()),
  /** Where they are signed in. */
  sessions: t.Integer(),
})

export const BySession = t.Object({ id: t.String({ format: 'uuid' }), sessionId: t.String({ format: 'uuid' }) })

export const RoleChange = t.Object({ role: t.String({ minLength: 1, maxLength: 64, examples: ['support'] }) })

export const Ban = t.Object({
  reason: Reason,
  until: t.Optional(
    t.String({
      format: 'date-time',
      error: 'has to be a time such as 2026-11-22T10:00:00.000Z',
      examples: ['2099-01-01T00:00:00.000Z'],
    }),
  ),
})

export const Impersonation = t.Object({ reason: Reason })

export const Impersonated = t.Object({
  accessToken: t.String(),
  tokenType: t.Literal('Bearer'),
  /** Seconds. */
  expiresIn: t.Integer(),
  user: UserModel,
})

export const Accepted = t.Object({ message: t.String() })
