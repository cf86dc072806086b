import { t } from 'elysia'
import { PersonName, UserModel } from '#features/users'
import { pageQuery } from '#http'

const EMAIL =
  "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"

export const Email = t.String({
  maxLength: 254,
  pattern: EMAIL,
  error: 'has to be an e-mail address',
  examples: ['ada@example.com'],
})
/** Its strength is judged by the verb; here only what cannot be one is refused. */
export const Password = t.String({
  minLength: 1,
  maxLength: 1024,
  error: 'has to be a password of at most 1024 characters',
  examples: ['plum-anchor-violet-42'],
})
export const Secret = t.String({ minLength: 1, maxLength: 512, error: 'has to be the token from the link' })
const Code = t.Optional(t.String({ maxLength: 32, error: 'has to be a code' }))

export const Transport = t.Object({
  transport: t.Optional(t.Literal('cookie', { error: 'has to be cookie, or left out' })),
})
export const ById = t.Object({ id: t.String({ format: 'uuid' }) })

export const Register = t.Object({ email: Email, password: Password, name: PersonName })
export const Login = t.Object({
  email: t.String({ maxLength: 254, error: 'has to be an e-mail address' }),
  password: Password,
})
export const WithEmail = t.Object({ email: Email })
export const WithToken = t.Object({ token: Secret })
export const ResetPassword = t.Object({ token: Secret, password: Password })
export const Refresh = t.Object({
  refreshToken: t.Optional(t.String({ maxLength: 512, error: 'has to be a refresh token' })),
})
export const LogoutAll = t.Object({ keepCurrent: t.Optional(t.Boolean({ error: 'has to be true or false' })) })
export const ChangePassword = t.Object({ currentPassword: Password, newPassword: Password })
export const ChangeEmail = t.Object({ email: Email, password: Password, code: Code })
export const StepUp = t.Object({ password: Password, code: Code })
export const FirstAdmin = t.Object({ token: Secret, email: Email, name: PersonName, password: Password })

export const Accepted = t.Object({ message: t.String() })
export const Challenge = t.Object({ mfaToken: t.String(), methods: t.Array(t.String()), expiresIn: t.Integer() })
export const Tokens = t.Object({
  /** Left out in cookie mode. */
  accessToken: t.Optional(t.String()),
  refreshToken: t.Optional(t.String()),
  tokenType: t.Literal('Bearer'),
  expiresIn: t.Integer({ examples: [900] }),
  user: UserModel,
})
const time = () => t.String({ format: 'date-time' })
export const Session = t.Object({
  id: t.String({ format: 'uuid' }),
  current: t.Boolean(),
  device: t.String({ examples: ['Firefox on Linux'] }),
  ip: t.Nullable(t.String()),
  createdAt: time(),
  lastSeenAt: time(),
  expiresAt: time(),
})
export const SessionQuery = pageQuery(['createdAt', 'lastSeenAt'], {})
export const DeletionScheduled = t.Object({ deletionScheduledAt: time() })
