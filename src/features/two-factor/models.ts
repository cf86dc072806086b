import { t } from 'elysia'
import { PasswordModel } from '#features/auth'

const Code = t.String({
  minLength: 1,
  maxLength: 32,
  error: 'has to be a code of the authenticator app, or a backup code',
  examples: ['287082'],
})

export const Answer = t.Object({
  mfaToken: t.String({ minLength: 1, maxLength: 128, error: 'has to be the mfaToken that sign-in answered' }),
  code: Code,
})
export const Enable = t.Object({ password: PasswordModel })
export const Verify = t.Object({ code: Code })
export const Proof = t.Object({ password: PasswordModel, code: Code })
export const ById = t.Object({ id: t.String({ format: 'uuid' }) })

export const Enrolment = t.Object({
  secret: t.String({
    description: 'To type in where a camera cannot help. Shown once.',
    examples: ['JBSWY3DPEHPK3PXP'],
  }),
  otpauthUrl: t.String({ examples: ['otpauth://totp/Keel:ada%40example.com?issuer=Keel&secret=JBSWY3DPEHPK3PXP'] }),
  qrCode: t.String({ description: 'The same as a data URL of an SVG image.' }),
})
export const BackupCodes = t.Object({
  backupCodes: t.Array(t.String({ examples: ['7k2mf-0qd9x'] }), {
    description: 'Each signs in once, in place of a code. Shown once.',
  }),
})

const time = () => t.String({ format: 'date-time' })
export const State = t.Object({
  enabled: t.Boolean(),
  enabledAt: t.Nullable(time()),
  backupCodesLeft: t.Integer(),
  blockedUntil: t.Nullable(time(), { description: 'After too many wrong codes none is taken until then.' }),
})
