import { and, eq, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { journal } from '#db'
import { userUpdated } from './events'
import { failures } from './failures'
import { users } from './schema'
import { person } from './view'

/** Throws VALIDATION_FAILED unless some feature knows the file as a picture of that person's own. */
export const expectPicture = async (tx: Tx, ctx: Context, userId: string, fileId: string) => {
  for (const feature of ctx.features) if (await feature.mayBeAvatar?.(tx, ctx, userId, fileId)) return
  throw failures.VALIDATION_FAILED({
    errors: [{ path: '/avatarFileId', message: 'has to be the id of a picture that you uploaded' }],
  })
}

/** Takes the picture away from a person whose avatar it was: for a file that is going. */
export const dropAvatar = async (tx: Tx, ctx: Context, userId: string, fileId: string) => {
  const [user] = await tx
    .update(users)
    .set({ avatarFileId: null, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(and(eq(users.id, userId), eq(users.avatarFileId, fileId)))
    .returning()
  if (user)
    await journal.record(tx, ctx, userUpdated, {
      ...person(user),
      before: { avatarFileId: fileId },
      after: { avatarFileId: null },
    })
}
