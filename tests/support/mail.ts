import { and, desc, eq, or } from 'drizzle-orm'
import type { InboxMail } from '#adapters/mailer/port'
import { type App, systemContext } from '#core'
import { revealToken } from '../../src/features/auth/one-time-token'
import { oneTimeTokens, type TokenPurpose } from '../../src/features/auth/schema'

export interface Mailbox {
  /** Every mail to this address, newest first. Runs due jobs before it looks. */
  to(address: string): Promise<InboxMail[]>
  /** Every mail there is, newest first. */
  all(): Promise<InboxMail[]>
  /** The newest mail to this address, of this template when told. Throws if there is none. */
  latest(address: string, template?: string): Promise<InboxMail>
  /** The link in the newest such mail that has one with a token. */
  link(address: string, template?: string): Promise<URL>
  /** The token that the next such mail will carry, or has carried. Made as the mail makes it: rendering one costs more than all the rest. */
  secret(address: string, purpose: TokenPurpose): Promise<string>
  /** The token in that link. */
  token(address: string, template?: string): Promise<string>
}

export const mailbox = (app: App): Mailbox => {
  const all = async () => {
    await app.queue.runDue()
    return (await app.mailer.inbox?.()) ?? []
  }
  const to = async (address: string) =>
    (await all()).filter((mail) => mail.to.toLowerCase().includes(address.toLowerCase()))
  const latest = async (address: string, template?: string) => {
    const mails = await to(address)
    const found = mails.find((mail) => !template || mail.template === template)
    if (!found)
      throw new Error(
        `No mail ${template ?? ''} to ${address}; there are ${mails.map((mail) => mail.template).join(', ') || 'none'}`,
      )
    return found
  }
  const link = async (address: string, template?: string) => {
    const mails = (await to(address)).filter((mail) => !template || mail.template === template)
    for (const { text } of mails) {
      const [found] = text.match(/https?:\/\/\S+[?&]token=[\w.~-]+/) ?? []
      if (found) return new URL(found)
    }
    throw new Error(`No mail ${template ?? ''} to ${address} has a link with a token; there are ${mails.length} others`)
  }
  const token = async (address: string, template?: string) =>
    (await link(address, template)).searchParams.get('token') ?? ''
  const secret = async (address: string, purpose: TokenPurpose) => {
    const { email, newEmail } = oneTimeTokens
    const mine = and(eq(oneTimeTokens.purpose, purpose), or(eq(email, address), eq(newEmail, address)))
    const [made] = await app.db.select().from(oneTimeTokens).where(mine).orderBy(desc(oneTimeTokens.id)).limit(1)
    const revealed = made && (await revealToken(systemContext(app, 'test'), made.id))
    if (!revealed) throw new Error(`No live token ${purpose} for ${address}`)
    return revealed.secret
  }
  return { to, all, latest, link, token, secret }
}
