import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { randomToken } from '#core'
import pkg from '../package.json'

type Environment = Record<string, string | undefined>
export type Config = Readonly<ReturnType<typeof parse>>

/** Everything that is wrong with the environment, in one message. Holds no value. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length > 1 ? 's' : ''}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    )
    this.name = 'ConfigError'
  }
}

/** Reads, checks and freezes the settings. Throws ConfigError. The only reader of the environment. */
export const loadConfig = (env: Environment = process.env): Config => {
  const problems: string[] = []
  const config = parse(env, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

const DEFAULT_SECRETS = ['secret', 'change-me', 'changeme', 'keel', 'password', 'example']

const parse = (env: Environment, problems: string[] = []) => {
  const wrong = (name: string, expected: string) => void problems.push(`${name} ${expected}`)
  const text = (name: string) => env[name]?.trim() || undefined
  const oneOf = <const T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = text(name)
    if (value === undefined) return fallback
    if ((allowed as readonly string[]).includes(value)) return value as T
    wrong(name, `has to be one of ${allowed.join(', ')}`)
    return fallback
  }
  const whole = (name: string, fallback: number, min: number, max: number) => {
    const value = text(name)
    if (value === undefined) return fallback
    if (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value)
    wrong(name, `has to be a whole number from ${min} to ${max}`)
    return fallback
  }
  const flag = (name: string, fallback: boolean) => {
    const value = text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (['true', 'on', '1'].includes(value)) return true
    if (['false', 'off', '0'].includes(value)) return false
    wrong(name, 'has to be true, on, 1, false, off or 0')
    return fallback
  }
  const url = (name: string, protocols: string[]) => {
    const value = text(name)
    if (value === undefined) return undefined
    const parsed = URL.canParse(value) ? new URL(value) : undefined
    if (parsed && protocols.includes(parsed.protocol)) return value.replace(/\/+$/, '')
    wrong(name, `has to be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`)
    return undefined
  }
  const date = (name: string) => {
    const value = text(name)
    if (value === undefined) return undefined
    if (/^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(value) && !Number.isNaN(Date.parse(value))) return new Date(value)
    wrong(name, 'has to be an ISO date such as 2027-01-31')
    return undefined
  }
  const list = (name: string) =>
    (text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
  const together = (names: string[]) => {
    const missing = names.filter((name) => !text(name))
    if (missing.length > 0 && missing.length < names.length)
      wrong(missing.join(', '), `is missing: ${names.join(', ')} belong together`)
    return missing.length === 0
  }

  // Unset is development: detail for people never depends on it, only comfort does (made-up secret, inbox, plain cookies).
  const environment = oneOf('NODE_ENV', ['development', 'test', 'production'], 'development')
  const production = environment === 'production'
  const port = whole('PORT', 3000, 0, 65535)
  const mode = oneOf('MODE', ['all', 'server', 'worker'], 'all')
  const dataDir = resolve(text('DATA_DIR') ?? './data')
  const appUrl = url('APP_URL', ['http:', 'https:']) ?? `http://localhost:${port}`

  const databaseUrl = text('DATABASE_URL') ?? `file:${join(dataDir, 'keel.db')}`
  if (!/^(file:.+|libsql:\/\/.+|https?:\/\/.+)/.test(databaseUrl))
    wrong('DATABASE_URL', 'has to start with file:, libsql://, http:// or https://')

  const general = /^(\d{1,6})\/(\d{1,5})$/.exec(text('RATE_LIMIT_GENERAL') ?? '300/60')
  if (!general || Number(general[1]) < 1 || Number(general[2]) < 1)
    wrong('RATE_LIMIT_GENERAL', 'has to be requests/seconds, such as 300/60')

  const corsOrigins = list('CORS_ORIGINS')
  for (const origin of corsOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      wrong('CORS_ORIGINS', 'has to hold full origins such as https://app.example.com, without a path')
  }
  const trustedProxies = list('TRUSTED_PROXIES')
  for (const range of trustedProxies) {
    if (range !== 'fly' && !/^[\da-fA-F.:]+\/\d{1,3}$/.test(range))
      wrong('TRUSTED_PROXIES', 'has to hold CIDR ranges such as 10.0.0.0/8, or fly')
  }
  const retrySchedule = (text('WEBHOOK_RETRY_SCHEDULE') ?? '0,5,300,1800,7200,18000,36000,50400,72000,86400')
    .split(',')
    .map((s) => s.trim())
  if (retrySchedule.some((s) => !/^\d{1,7}$/.test(s)))
    wrong('WEBHOOK_RETRY_SCHEDULE', 'has to be whole seconds, separated by commas')

  const webhookHttp = flag('WEBHOOK_ALLOW_HTTP', false)
  const webhookPrivate = flag('WEBHOOK_ALLOW_PRIVATE', false)
  if (production && webhookHttp) wrong('WEBHOOK_ALLOW_HTTP', 'must be off in production')
  if (production && webhookPrivate) wrong('WEBHOOK_ALLOW_PRIVATE', 'must be off in production')

  const resendKey = text('RESEND_API_KEY')
  const resendWebhookSecret = text('RESEND_WEBHOOK_SECRET')
  if (resendWebhookSecret && !/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(resendWebhookSecret))
    wrong('RESEND_WEBHOOK_SECRET', 'has to start with whsec_, as Resend shows it')
  const smtpUrl = url('SMTP_URL', ['smtp:', 'smtps:'])
  const mailFrom = text('MAIL_FROM')
  if (resendKey && smtpUrl) wrong('RESEND_API_KEY, SMTP_URL', 'are both set: pick one')
  if ((resendKey || smtpUrl) && !mailFrom) wrong('MAIL_FROM', 'is needed to send mail')
  if (mailFrom && !/^[^\r\n]*@[^\r\n]+$/.test(mailFrom))
    wrong('MAIL_FROM', 'has to be an address, or a name and <address>')
  const appName = text('APP_NAME') ?? 'Keel'
  if (/[\r\n<>]/.test(appName)) wrong('APP_NAME', 'has to be one line without < or >')

  const deprecatedAt = date('API_V1_DEPRECATED_AT')
  const sunsetAt = date('API_V1_SUNSET_AT')
  if (deprecatedAt && sunsetAt && sunsetAt < deprecatedAt)
    wrong('API_V1_SUNSET_AT', 'must not lie before API_V1_DEPRECATED_AT')
  const backupKeys = list('BACKUP_ENCRYPTION_KEY')
  if (backupKeys.some((key) => Buffer.byteLength(key) < 32))
    wrong('BACKUP_ENCRYPTION_KEY', 'has to be at least 32 bytes long: make one with `openssl rand -base64 48`')
  const keep = /^(\d{1,3})\/(\d{1,3})\/(\d{1,3})$/.exec(text('BACKUP_KEEP') ?? '7/4/12')
  if (!keep) wrong('BACKUP_KEEP', 'has to be daily/weekly/monthly, such as 7/4/12')
  const backupCron = text('BACKUP_CRON') ?? '30 3 * * *'
  if (backupCron.split(/\s+/).length !== 5)
    wrong('BACKUP_CRON', 'has to have five fields, such as 30 3 * * *: minute, hour, day, month, day of week')
  const s3 = together(['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'])

  if (text('BACKUP_S3_BUCKET') && !s3) wrong('BACKUP_S3_BUCKET', 'needs S3_ENDPOINT and the keys that belong to it')

  return {
    environment,
    production,
    version: pkg.version,
    port,
    // A worker answers probes where a platform says so; on one machine with a server it would take the server's port.
    listens: mode !== 'worker' || text('PORT') !== undefined,
    host: text('HOST') ?? '0.0.0.0',
    appUrl,
    appName,
    mode,
    dataDir,
    databaseUrl,
    databaseAuthToken: text('DATABASE_AUTH_TOKEN'),
    litestream: flag('LITESTREAM', false),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    secrets: secrets(text('SECRET_KEY'), production, dataDir, wrong),
    s3: s3
      ? {
          endpoint: url('S3_ENDPOINT', ['http:', 'https:']) ?? '',
          region: text('S3_REGION') ?? 'auto',
          bucket: text('S3_BUCKET') ?? '',
          accessKeyId: text('S3_ACCESS_KEY_ID') ?? '',
          secretAccessKey: text('S3_SECRET_ACCESS_KEY') ?? '',
        }
      : undefined,
    backup: {
      bucket: text('BACKUP_S3_BUCKET'),
      cron: backupCron,
      keep: { daily: Number(keep?.[1] ?? 7), weekly: Number(keep?.[2] ?? 4), monthly: Number(keep?.[3] ?? 12) },
      /** The first one encrypts, all of them open. */
      encryptionKeys: backupKeys,
    },
    mail: {
      resendKey,
      resendBaseUrl: url('RESEND_BASE_URL', ['http:', 'https:']),
      resendWebhookSecret,
      smtpUrl,
      from: mailFrom ?? `${appName} <no-reply@localhost>`,
    },
    corsOrigins,
    trustedProxies,
    rateLimit: {
      on: flag('RATE_LIMIT', true),
      general: { limit: Number(general?.[1] ?? 300), window: Number(general?.[2] ?? 60) },
    },
    passwordMinLength: whole('PASSWORD_MIN_LENGTH', 12, 8, 64),
    deletionGraceDays: whole('ACCOUNT_DELETION_GRACE_DAYS', 14, 0, 365),
    upload: {
      maxBytes: whole('UPLOAD_MAX_BYTES', 10 * 1024 * 1024, 1024, 5 * 1024 ** 3),
      quotaBytes: whole('UPLOAD_QUOTA_BYTES', 1024 ** 3, 0, 1024 ** 5),
    },
    webhook: { allowHttp: webhookHttp, allowPrivate: webhookPrivate, retrySchedule: retrySchedule.map(Number) },
    swagger: flag('SWAGGER', true),
    metricsToken: text('METRICS_TOKEN'),
    logLevel: oneOf(
      'LOG_LEVEL',
      ['debug', 'info', 'warn', 'error', 'silent'],
      environment === 'test' ? 'silent' : 'info',
    ),
    versions: { v1: { deprecatedAt, sunsetAt } },
  }
}

/** Master secrets, the signing one first. Development makes one and keeps it; production brings its own. */
const secrets = (
  value: string | undefined,
  production: boolean,
  dataDir: string,
  wrong: (name: string, expected: string) => void,
): readonly string[] => {
  if (value) {
    const all = value.split(',').map((secret) => secret.trim())
    if (all.some((secret) => Buffer.byteLength(secret) < 32))
      wrong('SECRET_KEY', 'has to be at least 32 bytes long (several: separated by commas, each at least 32)')
    else if (
      all.some(
        (secret) => new Set(secret).size < 8 || DEFAULT_SECRETS.some((word) => secret.toLowerCase().startsWith(word)),
      )
    )
      wrong('SECRET_KEY', 'looks like a placeholder: make one with `openssl rand -base64 48`')
    return all
  }
  if (production) {
    wrong('SECRET_KEY', 'is missing: make one with `openssl rand -base64 48`')
    return ['']
  }
  const file = join(dataDir, 'secret.key')
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(file, randomToken(48), { mode: 0o600, flag: 'wx' })
  }
  return [readFileSync(file, 'utf8').trim()]
}
