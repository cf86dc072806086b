export interface Mail {
  to: string
  subject: string
  html: string
  text: string
  /** Name of the template, for logs and the inbox. */
  template: string
  /** The same mail sent twice with one key arrives once, where the provider honours it. */
  idempotencyKey: string
  headers?: Record<string, string>
}

export interface InboxMail {
  id: string
  to: string
  subject: string
  html: string
  text: string
  template: string
  createdAt: string
}

export interface Mailer {
  readonly driver: 'inbox' | 'resend' | 'smtp'
  /**
   * Hands a mail to the provider; returns the provider's id. Gives up after 15 s.
   * Throws PermanentFailure when the provider refuses for good (a 4xx but 429), an Error when it is worth another try.
   */
  send(mail: Mail): Promise<{ id: string }>
  /** What the development inbox holds, newest first. Only with driver `inbox`. */
  inbox?(): Promise<InboxMail[]>
}
