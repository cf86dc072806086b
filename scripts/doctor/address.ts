import { about, type Check, type Finding } from './finding'

const LOCAL = /^(localhost|127\.|0\.0\.0\.0|\[::1?\])|\.(localhost|local|test|example|invalid)$/
/** A proxy between us and the world leaves one of these; our own server sends none. */
const TRACES = ['via', 'server', 'fly-request-id', 'cf-ray', 'x-amz-cf-id', 'x-served-by']
const { error, warning } = about('address')

/** APP_URL is one that people can reach, safely; browsers are let in from real places. */
export const address: Check = ({ config }) => {
  if (!config.production) return []
  const { protocol, hostname } = new URL(config.appUrl)
  const found: Finding[] = []
  if (LOCAL.test(hostname))
    found.push(error(`APP_URL is ${config.appUrl}: links in mails lead nowhere`, 'Set APP_URL to what people type.'))
  else if (protocol !== 'https:')
    found.push(error('APP_URL is not https', 'Put a proxy with a certificate in front: deploy/Caddyfile.'))
  for (const origin of config.corsOrigins) {
    if (LOCAL.test(new URL(origin).hostname))
      found.push(
        error(`CORS_ORIGINS lets ${origin} in, whatever runs there`, 'Name only the origins of your own pages.'),
      )
    else if (origin.startsWith('http:'))
      found.push(error(`CORS_ORIGINS names ${origin}, which anybody on the way can be`, 'Use https there.'))
  }
  return found
}

/** The client's address is the client's: proxies in front are trusted, and nobody else. Asks APP_URL what stands there. */
export const proxy: Check = async ({ config, env, fetch }) => {
  const { trustedProxies } = config
  const wide = trustedProxies.filter((range) => /\/[0-7]$/.test(range) && range !== '10.0.0.0/8')
  const found = wide.map((range) =>
    error(`TRUSTED_PROXIES holds ${range}: anybody may claim any address`, "Name the proxies' own ranges only."),
  )
  if (!config.production) return found
  if (env.FLY_APP_NAME && !trustedProxies.includes('fly'))
    return [
      ...found,
      error('This runs on Fly, and its proxy is not trusted: all clients are one', 'TRUSTED_PROXIES=fly'),
    ]
  if (!env.FLY_APP_NAME && trustedProxies.includes('fly'))
    found.push(
      warning(
        'TRUSTED_PROXIES=fly, but this is not Fly',
        'Elsewhere a client may send Fly-Client-IP itself: name CIDR ranges.',
      ),
    )
  if (trustedProxies.length > 0 || LOCAL.test(new URL(config.appUrl).hostname)) return found
  const answer = await fetch(`${config.appUrl}/health/live`).catch(() => undefined)
  const trace = TRACES.find((name) => answer?.headers.has(name))
  if (trace)
    found.push(
      error(
        `A proxy answers at APP_URL (it sends ${trace}) and none is trusted: all clients are one`,
        'Set TRUSTED_PROXIES to the range it connects from.',
      ),
    )
  else if (!answer)
    found.push(
      warning('APP_URL does not answer, so what stands in front is not known', 'Run this again beside the server.'),
    )
  return found
}
