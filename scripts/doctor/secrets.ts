import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { about, type Check, type Finding } from './finding'

const TOKEN_BYTES = 24
const { error, warning } = about('secrets')

/** Secrets are long enough, not shared between purposes, and kept from others on this machine. */
export const secrets: Check = ({ config, env }) => {
  const found: Finding[] = []
  for (const file of [join(config.dataDir, 'secret.key'), '.env']) {
    if (existsSync(file) && (statSync(file).mode & 0o077) !== 0)
      found.push(error(`${file} can be read by other users of this machine`, `chmod 600 ${file}`))
  }
  const { metricsToken, secrets, backup, s3 } = config
  if (metricsToken && Buffer.byteLength(metricsToken) < TOKEN_BYTES)
    found.push(error('METRICS_TOKEN is short enough to be guessed', 'Make one with `openssl rand -base64 32`.'))
  if (backup.encryptionKeys.some((key) => secrets.includes(key)))
    found.push(
      error(
        'BACKUP_ENCRYPTION_KEY and SECRET_KEY are the same',
        'Make another with `openssl rand -base64 48`: who has one must not have both.',
      ),
    )
  if (config.production && s3 && backup.encryptionKeys.length === 0 && config.databaseUrl.startsWith('file:'))
    found.push(
      warning(
        'Backups leave this machine unencrypted',
        'Set BACKUP_ENCRYPTION_KEY, and keep a copy of it where the backups are not.',
      ),
    )
  if (config.production && env.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    found.push(error('Certificates of others are not checked', 'Unset NODE_TLS_REJECT_UNAUTHORIZED.'))
  return found
}
