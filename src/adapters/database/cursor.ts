import { timingSafeEqual } from 'node:crypto'
import { actorId, type Context, deriveKey, digest, keyedDigest } from '#core'

/** Where a page ended: the sorted column's value and the id of its last row, as the database keeps them. */
export type Position = [value: string | number | null, id: string | number | null]

/** Characters of the signature: 132 bits. */
const SIGNATURE = 22
const FORM = new RegExp(`^([\\w-]+)\\.([\\w-]{${SIGNATURE}})$`)

/** A position that only the same caller can go on from, in the same list. Signed, not secret: it holds what was shown. */
export const writeCursor = (ctx: Context, list: unknown, position: Position): string => {
  const body = Buffer.from(JSON.stringify(position)).toString('base64url')
  return `${body}.${sign(ctx.config.secrets[0] ?? '', bindingOf(ctx, list), body)}`
}

/** The position in a cursor; nothing if it was not written for this caller and list, by us. */
export const readCursor = (ctx: Context, list: unknown, cursor: string): Position | undefined => {
  const [, body, signature] = FORM.exec(cursor) ?? []
  if (body === undefined || signature === undefined) return undefined
  const binding = bindingOf(ctx, list)
  const ours = ctx.config.secrets.some((secret) => same(sign(secret, binding, body), signature))
  return ours ? (JSON.parse(Buffer.from(body, 'base64url').toString()) as Position) : undefined
}

const bindingOf = (ctx: Context, list: unknown) => digest(JSON.stringify([list, actorId(ctx.actor)]))

const sign = (secret: string, binding: string, body: string) =>
  keyedDigest(deriveKey(secret, 'cursor'), `${binding}.${body}`).slice(0, SIGNATURE)

const same = (a: string, b: string) => timingSafeEqual(Buffer.from(a), Buffer.from(b))
