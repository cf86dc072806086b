import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { type User, users } from './schema'

/** What is held about a person as a person. */
export const exportUser = async (ctx: Context, userId: string) => {
  const [user] = await ctx.db.select().from(users).where(eq(users.id, userId))
  return { 'profile.json': user && profile(user) }
}

/** All but what others have written about them. */
const profile = ({ deletedBy: _, version: __, ...user }: User) => user
