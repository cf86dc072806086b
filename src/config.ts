import { join, resolve } from 'node:path'
import { Cron } from 'croner'
import ipaddr from 'ipaddr.js'
import pkg from '../package.json'
import { type Environment, readers } from './environment'
import { masterSecrets } from './master-secrets'

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

const parse = (env: Environment, problems: string[] = []) => {
  const { wrong, text, oneOf, whole, fraction, flag, url, date, list, pairs, together } = readers(env, problems)

  // Unset is development: detail for people never depends on it, only comfort does (made-up secret, inbox, plain cookies).
  const environment = oneOf('NODE_ENV', ['development', 'test', 'production'], 'development')
  const production = environment === 'production'
  const port = whole('PORT', 3000, 0, 65535)
  const mode = oneOf('MODE', ['all', 'server', 'worker'], 'all')
  const dataDir = resolve(text('DATA_DIR') ?? './data')
  const appUrl = url('APP_URL', ['http:', 'https:']) ?? `http://localhost:${port}`
  if (/[?#@]/.test(appUrl)) wrong('APP_URL', 'must not hold a query, a fragment or a password')

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
    if (range !== 'fly' && !ipaddr.IPv6.isValidCIDR(range) && !ipaddr.IPv4.isValidCIDRFourPartDecimal(range))
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
  if (!isCron(backupCron))
    wrong('BACKUP_CRON', 'has to have five fields, such as 30 3 * * *: minute, hour, day, month, day of week')
  const s3 = together(['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'])

  const traceEndpoint = url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:'])

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
    secrets: masterSecrets(text('SECRET_KEY'), production, dataDir, wrong),
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
    traces:
      traceEndpoint === undefined
        ? undefined
        : {
            endpoint: traceEndpoint,
            headers: pairs('OTEL_EXPORTER_OTLP_HEADERS'),
            serviceName: text('OTEL_SERVICE_NAME') ?? appName,
            ratio: fraction('OTEL_TRACES_SAMPLER_ARG', 1),
          },
    logLevel: oneOf(
      'LOG_LEVEL',
      ['debug', 'info', 'warn', 'error', 'silent'],
      environment === 'test' ? 'silent' : 'info',
    ),
    versions: { v1: { deprecatedAt, sunsetAt } },
  }
}

const isCron = (words: string) => {
  try {
    return new Cron(words, { mode: '5-part', paused: true }).nextRun() !== null
  } catch {
    return false
  }
}
