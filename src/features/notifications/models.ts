import { t } from 'elysia'

const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

export const ById = t.Object({ id: t.String({ format: 'uuid' }) })
export const Notification = t.Object({
  id: t.String({ format: 'uuid' }),
  type: t.String({ examples: ['password.changed'] }),
  category: t.Union([t.Literal('security'), t.Literal('account'), t.Literal('activity'), t.Literal('system')]),
  title: t.String({ examples: ['Your password was changed'] }),
  link: t.Nullable(t.String()),
  readAt: t.Nullable(time()),
  createdAt: time(),
})
export const Count = t.Object({ count: t.Integer({ minimum: 0 }) })
export const MarkRead = t.Object({
  ids: t.Optional(
    t.Array(t.String({ format: 'uuid', error: 'has to be the id of a notification' }), {
      maxItems: 500,
      error: 'has to be at most 500 ids',
    }),
  ),
  all: t.Optional(t.Boolean({ error: 'has to be true or false' })),
})

const channel = () => t.Optional(t.Boolean({ error: 'has to be true or false' }))
const change = () =>
  t.Optional(
    t.Object(
      { inApp: channel(), email: channel(), push: channel() },
      { minProperties: 1, error: 'has to name inApp, email or push' },
    ),
  )
export const PreferencesChange = t.Object({
  security: change(),
  account: change(),
  activity: change(),
  system: change(),
})

const channels = () => t.Object({ inApp: t.Boolean(), email: t.Boolean(), push: t.Boolean() })
export const Preferences = t.Object({
  security: channels(),
  account: channels(),
  activity: channels(),
  system: channels(),
})

export const PushKey = t.Object({ publicKey: t.String() })
export const NewPushSubscription = t.Object({
  endpoint: t.String({
    maxLength: 2048,
    pattern: '^https?://',
    error: 'has to be the address of a push service',
    examples: ['https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV'],
  }),
  keys: t.Object({
    p256dh: t.String({
      pattern: '^[A-Za-z0-9_-]{80,100}={0,2}$',
      error: 'has to be the browser’s p256dh key',
      examples: ['BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'],
    }),
    auth: t.String({
      pattern: '^[A-Za-z0-9_-]{16,32}={0,2}$',
      error: 'has to be the browser’s auth secret',
      examples: ['BTBZMqHH6r4Tts7J_aSIgg'],
    }),
  }),
})
export const PushSubscription = t.Object({ id: t.String({ format: 'uuid' }) })
