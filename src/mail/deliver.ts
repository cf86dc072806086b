import { eq } from 'drizzle-orm'
import { type Context, defineJob, hours, PermanentFailure, seconds, type Task, traced } from '#core'
import { bookkeeping } from '#db'
import type { Letter, MailType } from './mail'
import { emails } from './schema'
import { isSuppressed } from './suppression'

interface Delivery {
  mail: string
  payload: unknown
}

/** Composes one mail and hands it to the provider. Tried for about a day: outages of providers last hours. */
export const deliverMail = defineJob<Delivery>('mail.deliver', {
  queue: 'mail',
  maxAttempts: 20,
  backoff: seconds(10),
  maxBackoff: hours(2),
  timeout: seconds(30),
  run: async (ctx, delivery, task) => {
    const entry = await entryOf(ctx, task.id)
    // The process may have died between the provider's yes and the end of the job.
    if (entry?.status === 'sent') return
    try {
      await note(ctx, task.id, await deliver(ctx, delivery, task, entry?.createdAt ?? ctx.now))
    } catch (error) {
      const last = error instanceof PermanentFailure || task.attempt >= task.maxAttempts
      await note(ctx, task.id, { status: last ? 'failed' : 'queued', error: messageOf(error) })
      throw error
    }
  },
})

type Note = Partial<typeof emails.$inferInsert>

const deliver = async (ctx: Context, { mail, payload }: Delivery, task: Task, askedAt: Date): Promise<Note> => {
  const type = typeOf(ctx, mail)
  const letter = await type.compose(ctx, payload, askedAt)
  if (!letter) return { status: 'skipped' }
  const { to: recipient, subject } = letter
  if (await isSuppressed(ctx, recipient)) return { recipient, subject, status: 'suppressed' }
  await note(ctx, task.id, { recipient, subject })
  const { id: providerId } = await handOver(ctx, type, letter, task)
  ctx.log.info({ mailId: task.id, template: mail, driver: ctx.mailer.driver, attempt: task.attempt }, 'mail sent')
  return { providerId, status: 'sent', error: null, sentAt: ctx.now }
}

const handOver = async (ctx: Context, type: MailType, letter: Letter, task: Task) => {
  // React and the templates are loaded by the first mail, not by the start.
  const { render } = await import('./render')
  const mail = {
    ...(await render(ctx, letter, type.category)),
    to: letter.to,
    subject: letter.subject,
    headers: { ...letter.headers, ...(ctx.requestId ? { 'X-Request-Id': ctx.requestId } : {}) },
    template: type.name,
    idempotencyKey: task.id,
  }
  const attributes = { 'keel.mail': type.name, 'keel.mailer': ctx.mailer.driver }
  return traced(ctx, 'mail', { kind: 'client', attributes }, () => ctx.mailer.send(mail))
}

const typeOf = (ctx: Context, name: string): MailType => {
  for (const { mails } of ctx.features) {
    const type = mails?.find((mail) => mail.name === name)
    if (type) return type
  }
  // Its feature was removed while the job waited.
  throw new PermanentFailure(`There is no mail called ${name}`)
}

const entryOf = async (ctx: Context, id: string) => {
  const { status, createdAt } = emails
  const [entry] = await ctx.db.select({ status, createdAt }).from(emails).where(eq(emails.id, id))
  return entry
}

const note = (ctx: Context, id: string, changes: Note) =>
  bookkeeping(ctx, async (tx) => {
    await tx.update(emails).set(changes).where(eq(emails.id, id))
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500)
