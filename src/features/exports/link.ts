import { type Context, deriveKey, keyedDigest } from '#core'

/** What the link in the mail carries: derived from the id with a key that the database does not hold; kept as a digest only. */
export const tokenOf = (ctx: Pick<Context, 'config'>, id: string) =>
  keyedDigest(deriveKey(ctx.config.secrets[0] ?? '', 'export-link'), id)

export const linkTo = (ctx: Pick<Context, 'config'>, id: string) =>
  `${ctx.config.appUrl}/api/v1/export/${id}/download?token=${tokenOf(ctx, id)}`
