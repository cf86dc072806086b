import type { Context, EnqueueOptions, Tx } from '#core'
import { enqueue } from '#db'
import { deliverMail } from './deliver'
import type { MailType } from './mail'
import { emails } from './schema'

interface SendOptions extends EnqueueOptions {
  /** Whose mail it is, for the mail log and for erasure; `payload.userId` unless told. */
  userId?: string
}

/**
 * Sends a mail if, and only if, the caller's transaction commits; it is composed and handed over by a job.
 * Returns its id, or nothing if the dedupe key is taken.
 */
export const sendMail = async <P>(
  tx: Tx,
  ctx: Context,
  mail: MailType<P>,
  payload: P,
  { userId = ownerOf(payload), ...options }: SendOptions = {},
): Promise<string | undefined> => {
  const id = await enqueue(tx, ctx, deliverMail, { mail: mail.name, payload }, options)
  if (!id) return
  const { requestId, now: createdAt } = ctx
  await tx.insert(emails).values({ id, template: mail.name, userId, requestId, status: 'queued', createdAt })
  return id
}

const ownerOf = (payload: unknown) => {
  const owned = typeof payload === 'object' && payload !== null && 'userId' in payload
  return owned && typeof payload.userId === 'string' ? payload.userId : undefined
}
