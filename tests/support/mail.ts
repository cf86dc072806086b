import type { InboxMail } from '#adapters/mailer/port'
import type { App } from '#core'

export interface Mailbox {
  /** Every mail to this address, newest first. Runs due jobs before it looks. */
  to(address: string): Promise<InboxMail[]>
  /** Every mail there is, newest first. */
  all(): Promise<InboxMail[]>
  /** The newest mail to this address, of this template when told. Throws if there is none. */
  latest(address: string, template?: string): Promise<InboxMail>
  /** The link in the newest such mail that has one with a token. */
  link(address: string, template?: string): Promise<URL>
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
  return { to, all, latest, link, token }
}
