import { digest, PermanentFailure } from '#core'
import { checked, reason } from './envelope'
import type { Mailer } from './port'

interface SmtpSettings {
  /** `smtp://` (STARTTLS when offered) or `smtps://`, with user and password. */
  url: string
  from: string
  /** Milliseconds after which an attempt is given up, whatever it waits for. */
  timeout: number
}

/** Sends through an SMTP server, one connection per mail; the library is loaded with the first one. */
export const smtpMailer = ({ url, from, timeout }: SmtpSettings): Mailer => {
  let transport: ReturnType<typeof connect> | undefined
  return {
    driver: 'smtp',
    async send(mail) {
      const { to, subject, html, text, headers, idempotencyKey } = checked(mail)
      transport ??= connect(url, timeout)
      const { sendMail } = await transport
      try {
        const { messageId } = await sendMail({
          from,
          to: { name: '', address: to },
          subject,
          html,
          text,
          headers: { 'Auto-Submitted': 'auto-generated', ...headers },
          messageId: messageIdOf(idempotencyKey, from),
          // Content comes as strings only: nothing in a mail makes the library open files or URLs.
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(timeout),
        })
        return { id: messageId }
      } catch (error) {
        throw refusal(error)
      }
    },
  }
}

const connect = async (url: string, timeout: number) => {
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
  })
  return { sendMail: transport.sendMail.bind(transport) }
}

/** The same on every attempt, so that servers and readers that drop duplicates can. */
const messageIdOf = (idempotencyKey: string, from: string) => {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'
  return `<${digest(idempotencyKey)}@${domain}>`
}

/** 5yz is final, 4yz and everything below SMTP (DNS, connection, TLS, silence) is worth another try (RFC 5321 §4.2.1). */
const refusal = (error: unknown) => {
  const { responseCode, code, message } = Object(error)
  const text = reason(responseCode ? `SMTP ${responseCode}: ${message}` : `SMTP ${code ?? 'error'}: ${message}`)
  return responseCode >= 500 && responseCode < 600 ? new PermanentFailure(text) : new Error(text)
}
