import { t } from 'elysia'

const time = (options = {}) => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'], ...options })

/** One line that people read: no control characters, not only blanks. */
export const PersonName = t.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
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
