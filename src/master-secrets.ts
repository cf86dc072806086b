import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomToken } from '#core'

const DEFAULT_SECRETS = ['secret', 'change-me', 'changeme', 'keel', 'password', 'example']

/** SECRET_KEY taken apart, the signing one first. Development makes one and keeps it; production brings its own. */
export const masterSecrets = (
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
