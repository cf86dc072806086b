import type { App, Context } from '#core'
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
    row(
      'database',
      app.database.kind === 'file'
        ? `embedded, ${config.databaseUrl.slice('file:'.length)}`
        : `connected, ${host(config.databaseUrl)}`,
    ),
    row(
      'jobs',
      `${app.redis ? redis(app.redis) : 'embedded'}${config.mode === 'server' ? ' (run by a worker process)' : ''}`,
    ),
    row('cache, limits', app.redis ? redis(app.redis) : 'embedded, memory'),
    row('files', `${app.storage.driver === 'disk' ? 'embedded' : 'connected'}, ${app.storage.driver}`),
    row(
      'mail',
      app.mailer.driver === 'inbox'
        ? `embedded${config.production ? ': nothing is sent!' : `, ${config.appUrl}/dev/mail`}`
        : `connected, ${app.mailer.driver}`,
    ),
    row('CORS', config.corsOrigins.length > 0 ? config.corsOrigins.join(', ') : 'no other origin'),
    ...(link ? ['', '  Make the first admin (once, within 30 minutes):', `  ${link}`] : []),
    '',
  ]
  console.error(lines.join('\n'))
}

const row = (name: string, value: string) => `  ${name.padEnd(14)} ${value}`

const redis = ({ up }: { up: boolean }) => (up ? 'connected, Redis' : 'embedded until Redis answers')

const host = (url: string) => new URL(url.replace(/^libsql:/, 'https:')).host
