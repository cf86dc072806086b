import { t } from 'elysia'

/** Who looks at the page, and what it may show them. */
export const Viewer = t.Object(
  {
    id: t.String({ format: 'uuid' }),
    name: t.String({ examples: ['Ada Lovelace'] }),
    role: t.String({ examples: ['support'] }),
    permissions: t.Array(t.String(), {
      description: 'Every permission that the caller holds, by name: `*` and `users:*` are spelled out.',
      examples: [['audit:read', 'users:read']],
    }),
    features: t.Array(t.String(), {
      description: 'The features that this server has.',
      examples: [['admin', 'audit', 'webhooks']],
    }),
    impersonatorId: t.Nullable(t.String({ format: 'uuid', description: 'The admin who acts in the caller’s place.' })),
    version: t.String({ description: 'Version of the server.', examples: ['1.4.0'] }),
  },
  { title: 'Viewer' },
)
