import { and, eq, gte, lt } from 'drizzle-orm'
import type { Context, Page } from '#core'
import { journal, type PageRequest, paginate, transaction } from '#db'
import { emails, type MailStatus, mailTypes, previewOf, sendSample } from '#mail'
import { emailTested } from './events'
import { failures } from './failures'

interface EmailFilter {
  status?: MailStatus
  template?: string
  userId?: string
  after?: string
  before?: string
}

type Email = typeof emails.$inferSelect

/** What was mailed in the last 90 days, newest first. Never what stood in it. */
export const listEmails = (ctx: Context, query: PageRequest & EmailFilter): Promise<Page<EmailView>> => {
  const { status, template, userId, after, before } = query
  return paginate(ctx, query, {
    from: emails,
    where: and(
      status === undefined ? undefined : eq(emails.status, status),
      template === undefined ? undefined : eq(emails.template, template),
      userId === undefined ? undefined : eq(emails.userId, userId),
      after === undefined ? undefined : gte(emails.createdAt, new Date(after)),
      before === undefined ? undefined : lt(emails.createdAt, new Date(before)),
    ),
    sort: { createdAt: emails.createdAt },
    id: emails.id,
    filter: { status, template, userId, after, before },
    view,
  })
}

/** The kinds of mail there are. */
export const listTemplates = (ctx: Context) => mailTypes(ctx).map(({ name, category }) => ({ name, category }))

/** One kind of mail with made-up content, as HTML. Throws TEMPLATE_NOT_FOUND. */
export const previewEmail = (ctx: Context, template: string): Promise<string> => {
  const type = mailTypes(ctx).find(({ name }) => name === template)
  if (!type) throw failures.TEMPLATE_NOT_FOUND()
  return previewOf(ctx, type)
}

/**
 * Sends a mail with made-up content at once, to try provider and template. Throws UNKNOWN_TEMPLATE, and MAIL_NOT_SENT if
 * the provider did not take it; the mail log has a row either way.
 */
export const testEmail = async (ctx: Context, template: string, to: string): Promise<EmailView> => {
  const type = mailTypes(ctx).find(({ name }) => name === template)
  if (!type)
    throw failures.UNKNOWN_TEMPLATE({
      errors: [{ path: '/template', message: 'has to be one of GET /admin/emails/templates' }],
    })
  const sent = await sendSample(ctx, type, to)
  const row = await transaction(ctx, async (tx) => {
    const [stored] = await tx.insert(emails).values(sent).returning()
    if (!stored) throw new Error('A mail was not noted')
    await journal.record(tx, ctx, emailTested, { emailId: stored.id, template, status: stored.status })
    return stored
  })
  if (row.status === 'failed') throw failures.MAIL_NOT_SENT()
  return view(row)
}

const view = (email: Email) => ({
  id: email.id,
  template: email.template,
  userId: email.userId,
  to: email.recipient,
  subject: email.subject,
  status: email.status,
  error: email.error,
  requestId: email.requestId,
  createdAt: email.createdAt.toISOString(),
  sentAt: email.sentAt?.toISOString() ?? null,
})

type EmailView = ReturnType<typeof view>
