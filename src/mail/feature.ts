import { and, eq, gt, isNotNull, lt } from 'drizzle-orm'
import { days, defineFeature, defineJob, hours, later } from '#core'
import { bookkeeping, moreAfter, someOf } from '#db'
import { failures } from './bounces'
import { deliverMail } from './deliver'
import { routes } from './routes'
import { emails } from './schema'

/** How long the mail log reaches back. */
const LOG_LIFETIME = days(90)

const forget = defineJob<Record<string, never>>('mail.forget', {
  run: async (ctx) => {
    const old = someOf(emails, lt(emails.createdAt, later(ctx.now, -LOG_LIFETIME)))
    while (moreAfter(await bookkeeping(ctx, (tx) => tx.delete(emails).where(old))));
  },
})

/** Mail as a feature: the delivery job and the log. The kinds of mail come from the features that send them. */
export const mail = defineFeature({
  name: 'mail',
  routes,
  failures,
  jobs: [deliverMail, forget],
  schedule: [{ name: 'mail.forget', cron: '25 3 * * *', job: forget }],
  health: async (app) => {
    const { driver } = app.mailer
    const since = later(app.clock.now(), -hours(1))
    const stuck = and(gt(emails.createdAt, since), eq(emails.status, 'queued'), isNotNull(emails.error))
    const retrying = await app.db.$count(emails, stuck)
    // In production an inbox that nobody reads is a mistake: people wait for their links.
    const lost = app.config.production && driver === 'inbox'
    return { status: lost || retrying > 0 ? 'warn' : 'pass', detail: { driver, retrying } }
  },
  exportUser: async (ctx, userId) => {
    const { id, template, recipient, subject, status, createdAt, sentAt } = emails
    const columns = { id, template, recipient, subject, status, createdAt, sentAt }
    return { 'emails.json': await ctx.db.select(columns).from(emails).where(eq(emails.userId, userId)) }
  },
  eraseUser: async (tx, _ctx, userId) =>
    moreAfter(await tx.delete(emails).where(someOf(emails, eq(emails.userId, userId)))),
})
