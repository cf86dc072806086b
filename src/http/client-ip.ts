import ipaddr from 'ipaddr.js'
import { networkOf } from '#core'
import { memo } from './memo'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]
type Read = (request: Request, peerAddress: string | undefined) => string

/** Longest `X-Forwarded-For` that is walked; a longer one is a forgery. */
const MAX_FORWARDED_BYTES = 2048
const MEMO_SIZE = 4096
/** Where Fly's proxy connects from: never a public address. */
const PRIVATE = new Set(['private', 'loopback', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'])

/**
 * Who the client is: the first address, walking from the socket through `X-Forwarded-For` from the right, that is not
 * a trusted proxy. `Fly-Client-IP` counts only when `fly` is trusted. A list that cannot be read counts for nothing.
 * Canonical text, IPv4-mapped IPv6 unwrapped; `unknown` without a socket. ASVS 5.0 V4.1.3, V15.3.4.
 */
export const clientIp = (trustedProxies: readonly string[]): Read => {
  if (trustedProxies.length === 0) return (_request, peerAddress) => plain(peerAddress)
  const fly = trustedProxies.includes('fly')
  const ranges = trustedProxies.filter((range) => range !== 'fly').map((range): Range => ipaddr.parseCIDR(range))
  const trusts = (address: Address) =>
    ranges.some((range) => address.kind() === range[0].kind() && address.match(range))

  const resolve = memo(MEMO_SIZE, (key) => {
    const [peerAddress = '', flyClient = '', forwarded = ''] = key.split('\n')
    const peer = parse(peerAddress)
    if (!peer) return 'unknown'
    const hops = forwarded === '' ? [] : forwarded.split(',')
    let client = peer
    if (flyClient !== '' && PRIVATE.has(peer.range())) {
      const seen = parse(flyClient)
      if (!seen) return peer.toString()
      client = seen
      // Fly appends its own address behind the one it saw: the walk goes on from the latter.
      const at = hops.findLastIndex((hop) => parse(hop)?.toString() === seen.toString())
      hops.length = at < 0 ? hops.length : at
    }
    while (trusts(client)) {
      const hop = hops.pop()
      if (hop === undefined) break
      const next = parse(hop)
      if (!next) return peer.toString()
      client = next
    }
    return client.toString()
  })

  return (request, peerAddress) => {
    const forwarded = request.headers.get('x-forwarded-for') ?? ''
    const flyClient = fly ? (request.headers.get('fly-client-ip') ?? '') : ''
    if (forwarded === '' && flyClient === '') return plain(peerAddress)
    if (forwarded.length + flyClient.length > MAX_FORWARDED_BYTES) return plain(peerAddress)
    return resolve(`${peerAddress ?? ''}\n${flyClient}\n${forwarded}`)
  }
}

/** `networkOf`, remembered. However the address is spelt, the bucket is the same. */
export const bucketOf = (ip: string): string => (ip.includes(':') ? network(ip) : ip)

const network = memo(MEMO_SIZE, (ip) => networkOf(parse(ip)?.toString() ?? null))

/** The socket's own address. The system wrote it, so only the mapped prefix has to go. */
const plain = (address: string | undefined): string => {
  if (!address) return 'unknown'
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** One address, with or without a port. Strict: no octal, no short forms, no zones. */
const parse = (text: string): Address | undefined => {
  const trimmed = text.trim()
  const bare = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare)
  if (bare.includes(':') && !bare.includes('%') && ipaddr.IPv6.isValid(bare)) return ipaddr.process(bare)
  return undefined
}
