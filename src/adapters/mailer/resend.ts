import { PermanentFailure } from '#core'
import { checked, reason } from './envelope'
import type { Mailer } from './port'

interface ResendSettings {
  key: string
  baseUrl?: string
  from: string
  /** Milliseconds after which an attempt is given up. */
  timeout: number
}

/** Sends through Resend's HTTP API; the package is loaded with the first mail. */
export const resendMailer = ({ key, baseUrl, from, timeout }: ResendSettings): Mailer => {
  let client: ReturnType<typeof connect> | undefined
  return {
    driver: 'resend',
    async send(mail) {
      const { to, subject, html, text, headers, template, idempotencyKey } = checked(mail)
      client ??= connect(key, baseUrl)
      const { emails } = await client
      // Tag values are limited to letters, digits, - and _ by Resend.
      const tags = [{ name: 'template', value: template.replace(/[^\w-]/g, '_') }]
      const answer = await emails.send(
        { from, to: [to], subject, html, text, headers, tags },
        { idempotencyKey, signal: AbortSignal.timeout(timeout) },
      )
      if (!answer.data?.id) throw new Error('Resend answered without an id')
      return { id: answer.data.id }
    },
  }
}

const connect = async (key: string, baseUrl = 'https://api.resend.com') => {
  const { Resend } = await import('resend')
  // The package turns every failure into a value and believes the status in the body; the reply's own one decides.
  const fetchRequest = async (path: string, options: RequestInit) => {
    const reply = await fetch(`${baseUrl}${path}`, { ...options, redirect: 'error' })
    const data = await reply.json().catch(() => undefined)
    if (!reply.ok) throw refusal(reply.status, String(data?.name ?? ''), String(data?.message ?? ''))
    return { data, error: null, headers: null }
  }
  return Object.assign(new Resend(key, { baseUrl }), { fetchRequest })
}

const refusal = (status: number, name: string, message: string) => {
  const text = reason(`Resend answered ${status} ${name}: ${message}`)
  // The first try of this very mail is still under way at Resend: ask again later.
  const busy = status === 409 && name === 'concurrent_idempotent_requests'
  return status >= 400 && status < 500 && status !== 429 && !busy ? new PermanentFailure(text) : new Error(text)
}
