import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './run'

/** Settings that hold a secret of the project's own. Those of removed features are not in `.env.example` any more. */
const SECRETS = ['SECRET_KEY', 'METRICS_TOKEN']

/** Writes `.env` from `.env.example`, with the name and fresh secrets. Nobody else on the machine may read it. */
export const writeSettings = async (title: string) => {
  const example = await Bun.file(join(ROOT, '.env.example')).text()
  const filled = example
    .split('\n')
    .map((line) => {
      const [, name = ''] = /^# (\w+)=/.exec(line) ?? []
      if (name === 'APP_NAME') return `APP_NAME=${title}`
      return SECRETS.includes(name) ? `${name}=${randomBytes(36).toString('base64')}` : line
    })
    .join('\n')
  writeFileSync(join(ROOT, '.env'), filled)
  // The mode of a write holds only for a file that was not there.
  chmodSync(join(ROOT, '.env'), 0o600)
}
