import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { deviceOf } from './device'
import { knownDevices, passwords, sessions } from './schema'

/** Where a person is and was signed in. No token, no hash, and nothing of an admin who stood in for them. */
export const exportUser = async (ctx: Context, userId: string) => {
  const opened = await ctx.db.select().from(sessions).where(eq(sessions.userId, userId))
  const devices = await ctx.db.select().from(knownDevices).where(eq(knownDevices.userId, userId))
  const [password] = await ctx.db.select().from(passwords).where(eq(passwords.userId, userId))
  return {
    'sessions.json': opened.map(({ id, ip, userAgent, createdAt, lastSeenAt, expiresAt, revokedAt, adminId }) => ({
      id,
      ...(adminId ? { openedBy: 'an admin' } : { ip, userAgent, device: deviceOf(userAgent) }),
      createdAt,
      lastSeenAt,
      expiresAt,
      revokedAt,
    })),
    'sign-in.json': {
      passwordChangedAt: password?.changedAt ?? null,
      devicesLastSeenAt: devices.map(({ lastSeenAt }) => lastSeenAt),
    },
  }
}
