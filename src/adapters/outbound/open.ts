import { seconds } from '#core'
import type { Config } from '../../config'
import { isPublic } from './addresses'
import type { Agents, Called } from './call'
import type { Outbound, Refusal } from './port'
import { type Rules, type Target, targetOf } from './target'

/** Most that a call may take, from resolving the name to the end of the reply. */
const TIMEOUT = seconds(20)
/** Most that checking a URL waits for the resolver: somebody waits for the answer. */
const CHECK_TIMEOUT = seconds(2)

/** What a test replaces: who resolves names, milliseconds that a call may take, whose certificates are trusted. */
export interface OutboundOptions {
  resolve?: (hostname: string) => Promise<string[]>
  timeout?: number
  ca?: string
}

type Settings = Pick<Config, 'webhook'>

/** Every call resolves the name once, looks at all its addresses, and connects to one of those it has seen. */
export const openOutbound = ({ webhook: rules }: Settings, options: OutboundOptions = {}): Outbound => {
  const { resolve = systemResolver, timeout = TIMEOUT, ca } = options
  let agents: Agents | undefined

  const attempt = async (text: string, request: Parameters<Outbound['post']>[1], signal: AbortSignal) => {
    const target = targetOf(text, rules)
    if (typeof target === 'string') return failed(target)
    const addresses = await until(addressesOf(target, resolve), signal)
    if (addresses === undefined) return failed('timeout')
    const address = addresses[0]
    if (address === undefined) return failed('dns_failed')
    if (leadsInside(addresses, rules)) return failed('private_address')
    const { call, openAgents } = await import('./call')
    agents ??= openAgents()
    return call(target, address, { ...request, signal, agents, ...(ca ? { ca } : {}) })
  }

  return {
    check: async (text): Promise<Refusal | undefined> => {
      const target = targetOf(text, rules)
      if (typeof target === 'string') return target
      const addresses = await until(addressesOf(target, resolve), AbortSignal.timeout(CHECK_TIMEOUT))
      return addresses && leadsInside(addresses, rules) ? 'private_address' : undefined
    },
    post: async (text, request) => {
      const begun = performance.now()
      const limit = new AbortController()
      const abort = () => limit.abort()
      const timer = setTimeout(abort, timeout)
      request.signal?.addEventListener('abort', abort)
      if (request.signal?.aborted) abort()
      const called: Called = await attempt(text, request, limit.signal)
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', abort)
      const durationMs = Math.round(performance.now() - begun)
      if (called.kind === 'answered') return { ...called, durationMs }
      return { ...called, error: request.signal?.aborted ? 'aborted' : called.error, durationMs }
    },
  }
}

const failed = (error: Extract<Called, { kind: 'failed' }>['error']): Called => ({ kind: 'failed', error })

/** One address inside is enough: an answer that mixes both kinds is an attempt to get in. */
const leadsInside = (addresses: readonly string[], { allowPrivate }: Rules) =>
  !allowPrivate && !addresses.every(isPublic)

/** Every address of a host, IPv4 first; none if its name cannot be resolved. */
const addressesOf = async ({ hostname, literal }: Target, resolve: (hostname: string) => Promise<string[]>) => {
  if (literal) return [hostname]
  try {
    const found = await resolve(hostname)
    return found.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
  } catch {
    return []
  }
}

const systemResolver = async (hostname: string) => {
  const { lookup } = await import('node:dns/promises')
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)
}

/** What a promise resolves to, or nothing if the signal comes first. */
const until = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const abort = () => resolve(undefined)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
