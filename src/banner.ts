import { type App, type Context, type Part, partsOf } from '#core'
import { firstAdminLink } from '#features/auth'

/** Says at start what runs where, and how to go on. On stderr: stdout is the log. */
export const banner = async (app: App, ctx: Context, url: string | undefined) => {
  const { config } = app
  if (config.environment === 'test') return
  const link = config.mode === 'worker' ? undefined : await firstAdminLink(ctx)
  const lines = [
    '',
    `  ${config.appName} ${config.version} (${config.environment}, ${config.mode})`,
    ...(url ? [row('listening', url)] : []),
    ...(url && config.swagger && config.mode !== 'worker' ? [row('docs', `${config.appUrl}/swagger`)] : []),
    ...partsOf(app).map((part) => row(part.name, sayOf(app, part))),
    row('CORS', config.corsOrigins.length > 0 ? config.corsOrigins.join(', ') : 'no other origin'),
    ...(link ? ['', '  Make the first admin (once, within 30 minutes):', `  ${link}`] : []),
    '',
  ]
  console.error(lines.join('\n'))
}

const row = (name: string, value: string) => `  ${name.padEnd(14)} ${value}`

/** `embedded, data/keel.db` */
const sayOf = ({ config }: App, { name, connected, detail }: Part) => {
  const inbox = config.production ? 'nothing is sent!' : `${config.appUrl}/dev/mail`
  const what = [connected ? 'connected' : 'embedded', name === 'mail' && !connected ? inbox : detail]
  return what.filter(Boolean).join(', ') + (name === 'jobs' && config.mode === 'server' ? ' (run by a worker)' : '')
}
