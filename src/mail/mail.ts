import type { ReactElement } from 'react'
import type { Context } from '#core'

/** What a mail needs once its rows have been read. */
export interface Letter {
  to: string
  /** In the reader's language; one line. */
  subject: string
  body: ReactElement
  /** What an inbox shows beside the subject. */
  preheader?: string
  /** Why the reader gets it, for the footer; the category's sentence unless told. */
  why?: string
  headers?: Record<string, string>
}

/** `security` mails cannot be turned off. */
export type MailCategory = 'security' | 'account' | 'activity' | 'system'

export interface MailOptions<P> {
  category: MailCategory
  /**
   * Reads what the mail needs from ids. Nothing if it has become pointless; then none is sent. Every attempt has to
   * write the same letter, so what it says of times comes from rows or from `askedAt`, the moment of `sendMail`.
   */
  compose: (ctx: Context, payload: P, askedAt: Date) => Promise<Letter | undefined>
  /** The letter with made-up content, for previews and tests. Imports its template lazily. */
  sample: (ctx: Context, to: string) => Promise<Letter>
}

/** A kind of mail. Its payload holds ids only: it waits in the jobs table. */
export interface MailType<P = unknown> extends MailOptions<P> {
  name: string
}

export const defineMail = <P>(name: string, options: MailOptions<P>): MailType<P> => ({ ...options, name })

/** What a template file exports: the words of one mail, without a database. `app` is the name of this service. */
export interface Template<P> {
  subject: (app: string) => string
  preheader?: string
  why?: string
  Body: (props: P & { app: string }) => ReactElement
}

/** A template filled in: `letter(ctx, user.email, await import('./mails/verify-email'), { name, url })`. */
export const letter = <P>(ctx: Pick<Context, 'config'>, to: string, template: Template<P>, props: P): Letter => {
  const app = ctx.config.appName
  const { preheader, why } = template
  return { to, subject: template.subject(app), preheader, why, body: template.Body({ ...props, app }) }
}
