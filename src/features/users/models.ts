import { t } from 'elysia'

const time = (options = {}) => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'], ...options })

/** Control characters, line and paragraph separators, and what turns the direction of the text around it. */
const UNPRINTABLE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069'

/** One line that people read, not only of blanks. */
export const PersonName = t.String({
  minLength: 1,
  maxLength: 100,
  pattern: `^(?!\\s*$)[^${UNPRINTABLE}]+$`,
  error: 'has to be one line of 1 to 100 characters',
  examples: ['Ada Lovelace'],
})

export const User = t.Object({
  id: t.String({ format: 'uuid' }),
  email: t.String({ examples: ['ada@example.com'] }),
  name: t.String({ examples: ['Ada Lovelace'] }),
  avatarUrl: t.Nullable(t.String()),
  emailVerified: t.Boolean(),
  role: t.String({ examples: ['user'] }),
  twoFactorEnabled: t.Boolean(),
  createdAt: time(),
  updatedAt: time(),
})

/** What those see who look after people. */
const detail = {
  status: t.UnionEnum(['active', 'banned', 'deleted']),
  bannedUntil: t.Nullable(time()),
  banReason: t.Nullable(t.String()),
  deletedAt: t.Nullable(time()),
  lastSeenAt: t.Nullable(time()),
}

export const UserDetail = t.Object({ ...User.properties, ...detail })

/** Somebody as the caller may see them: oneself without the detail, others with it. */
export const UserSeen = t.Object({ ...User.properties, ...t.Partial(t.Object(detail)).properties })

export const ProfileChange = t.Object({
  name: t.Optional(PersonName),
  avatarFileId: t.Optional(t.Nullable(t.String({ format: 'uuid', error: 'has to be the id of a file' }))),
  locale: t.Optional(
    t.String({ pattern: '^[a-z]{2,3}(-[A-Z]{2})?$', error: 'has to be a language tag such as en or pt-BR' }),
  ),
  timezone: t.Optional(
    t.String({
      maxLength: 64,
      pattern: '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$',
      error: 'has to be a time zone such as Europe/Berlin',
    }),
  ),
})

export type ProfileChange = typeof ProfileChange.static
