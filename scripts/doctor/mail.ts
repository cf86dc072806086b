import { about, type Check, type Finding, type Resolver, reasonOf } from './finding'

const ABSENT = new Set(['ENOTFOUND', 'ENODATA', 'NXDOMAIN'])
/** Names that no name server out there knows. */
const PRIVATE = /(^|\.)(localhost|local|test|example|invalid|internal)$/
const { error, warning } = about('mail')

/** There is somebody to send mail in production, and the sender's domain says that they may. */
export const mail: Check = async ({ config, resolver, dkimSelector }) => {
  const { resendKey, smtpUrl, from } = config.mail
  if (!resendKey && !smtpUrl) {
    if (!config.production) return []
    return [error('Nobody sends mail: addresses cannot be confirmed', 'Set RESEND_API_KEY or SMTP_URL, and MAIL_FROM.')]
  }
  const domain = /@([^>\s]+)>?\s*$/.exec(from)?.[1]?.toLowerCase() ?? ''
  if (!domain.includes('.') || PRIVATE.test(domain)) {
    if (!config.production) return []
    return [error(`MAIL_FROM is at ${domain}, which nobody can answer`, 'Send from a domain of your own.')]
  }
  const selector = dkimSelector ?? (resendKey ? 'resend' : undefined)
  const found = await Promise.all([
    spf(resolver, domain, resendKey !== undefined),
    selector ? dkim(resolver, domain, selector) : noSelector(domain),
    dmarc(resolver, domain),
  ])
  return found.flat()
}

/** Sender Policy Framework, RFC 7208. Resend's returned mail goes to a domain below ours. */
const spf = async (resolver: Resolver, domain: string, resend: boolean): Promise<Finding[]> => {
  const name = resend ? `send.${domain}` : domain
  const { records, problem } = await ask(resolver, name, /^v=spf1( |$)/i)
  if (problem) return problem
  if (records.length === 0)
    return [error(`${name} has no SPF record`, 'Add the TXT record that your mail service shows (v=spf1 …).')]
  if (records.length > 1)
    return [error(`${name} has ${records.length} SPF records, which counts as none`, 'Join them into one.')]
  if (/\s\+?all\s*$/i.test(records[0] ?? ''))
    return [error(`The SPF record of ${name} lets everybody send`, 'End it with ~all or -all.')]
  return []
}

/** DomainKeys Identified Mail, RFC 6376. */
const dkim = async (resolver: Resolver, domain: string, selector: string): Promise<Finding[]> => {
  const name = `${selector}._domainkey.${domain}`
  const { records, problem } = await ask(resolver, name, /(^|;)\s*p=/i)
  if (problem) return problem
  if (records.length === 0)
    return [error(`${name} has no DKIM key`, 'Add the TXT or CNAME record that your mail service shows.')]
  if (records.every((record) => /(^|;)\s*p=\s*(;|$)/i.test(record)))
    return [error(`The DKIM key at ${name} has been revoked`, 'Publish the current one.')]
  return []
}

const noSelector = (domain: string): Finding[] => [
  warning(`The DKIM key of ${domain} was not looked at`, 'Say which: bun run doctor --dkim-selector NAME.'),
]

/** RFC 7489: the domain's own record, or that of one above it. */
const dmarc = async (resolver: Resolver, domain: string): Promise<Finding[]> => {
  const labels = domain.split('.')
  for (let from = 0; from <= labels.length - 2; from++) {
    const name = `_dmarc.${labels.slice(from).join('.')}`
    const { records, problem } = await ask(resolver, name, /^v=DMARC1/i)
    if (problem) return problem
    if (records.length === 0) continue
    if (records.some((record) => /;\s*p=none/i.test(record)))
      return [
        warning(`${name} asks nobody to do anything (p=none)`, 'Once reports are clean: p=quarantine or p=reject.'),
      ]
    return []
  }
  return [error(`${domain} has no DMARC record`, `Add TXT _dmarc.${domain}: v=DMARC1; p=quarantine; rua=mailto:…`)]
}

const ask = async (resolver: Resolver, name: string, wanted: RegExp) => {
  try {
    const all = (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
    return { records: all.filter((record) => wanted.test(record)) }
  } catch (problem) {
    const code = problem instanceof Error && 'code' in problem ? String(problem.code) : ''
    if (ABSENT.has(code)) return { records: [] }
    const says = `${name} could not be asked: ${reasonOf(problem)}`
    return { records: [], problem: [warning(says, 'Run this again where names are resolved.')] }
  }
}
