import { about, type Check } from './finding'

const { error, warning } = about('server')

interface Health {
  status: string
  checks?: Record<string, { status: string }[]>
}

/** What the server on this machine says of itself, if it runs. */
export const running: Check = async ({ config, fetch }) => {
  const answer = await fetch(`http://127.0.0.1:${config.port}/health`).catch(() => undefined)
  if (!answer?.headers.get('content-type')?.startsWith('application/health+json')) return []
  const { status, checks }: Health = await answer.json()
  if (status === 'fail')
    return [error('It is not ready', 'Its log says why; it also says so while it drains before it stops.')]
  return Object.entries(checks ?? {})
    .filter(([, [first]]) => first?.status === 'warn')
    .map(([name]) =>
      warning(`It works without ${name}, or badly with it`, `GET /health as an operator (system:read) says more.`),
    )
}
