import type { ReactElement } from 'react'
import type { Context } from '#core'

/** What a mail needs once its rows have been read. */
export interface Letter {
  to: string
  /** In the reader's language; one line. */
  subject: string
  body: ReactElement
  headers?: Record<string, string>
}

export interface MailOptions<P> {
  /** `security` mails cannot be turned off. */
  category: 'security' | 'account' | 'activity' | 'system'
  /** Reads what the mail needs from ids. Nothing if it has become pointless; then none is sent. */
  compose: (ctx: Context, payload: P) => Promise<Letter | undefined>
  /** The letter with made-up content, for previews and tests. Imports its template lazily. */
  sample: (ctx: Context, to: string) => Promise<Letter>
}

/** A kind of mail. Its payload holds ids only: it waits in the jobs table. */
export interface MailType<P = unknown> extends MailOptions<P> {
  name: string
}

export const defineMail = <P>(name: string, options: MailOptions<P>): MailType<P> => ({ name, ...options })
