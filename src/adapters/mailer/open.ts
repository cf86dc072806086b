import { join } from 'node:path'
import { type Clock, seconds } from '#core'
import type { Config } from '../../config'
import { inboxMailer } from './inbox'
import type { Mailer } from './port'
import { resendMailer } from './resend'
import { smtpMailer } from './smtp'

/** How long a provider may take for one mail. */
const SEND_TIMEOUT = seconds(15)

/** The part of the configuration that decides. */
interface MailSettings {
  mail: Pick<Config['mail'], 'resendKey' | 'resendBaseUrl' | 'smtpUrl' | 'from'>
  dataDir: string
}

/** The provider decides, not NODE_ENV: Resend or SMTP when configured, else the development inbox. Opens no connection. */
export const openMailer = (config: MailSettings, clock: Clock, timeout = SEND_TIMEOUT): Mailer => {
  const { resendKey, resendBaseUrl, smtpUrl, from } = config.mail
  if (resendKey) return resendMailer({ key: resendKey, baseUrl: resendBaseUrl, from, timeout })
  if (smtpUrl) return smtpMailer({ url: smtpUrl, from, timeout })
  return inboxMailer({ folder: join(config.dataDir, 'mail'), clock })
}
