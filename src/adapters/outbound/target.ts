import ipaddr from 'ipaddr.js'
import type { Refusal } from './port'

export interface Rules {
  /** Plain http too, for development. */
  allowHttp: boolean
  /** Addresses inside too, for development. */
  allowPrivate: boolean
}

export interface Target {
  url: URL
  /** What TLS verifies and DNS resolves: lower case, no brackets, no dot at the end. */
  hostname: string
  /** The hostname is an address itself. */
  literal: boolean
}

const LONGEST = 2048
/** Written out and without what parsers disagree on: blanks, control characters, backslashes. */
const WRITTEN_OUT = /^https?:\/\/[^\s\\\p{C}]+$/iu
/** Names that never leave a network, or mean this machine (RFC 6761, 6762, 8375). */
const INSIDE = /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/

/** Takes a URL apart as it will be called, or tells why it will not. Every spelling of an address ends as one here. */
export const targetOf = (text: string, { allowHttp, allowPrivate }: Rules): Target | Refusal => {
  if (text.length > LONGEST || !WRITTEN_OUT.test(text) || !URL.canParse(text)) return 'invalid_url'
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) return 'invalid_url'
  if (url.username || url.password) return 'invalid_url'
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const literal = ipaddr.IPv4.isValidFourPartDecimal(hostname) || ipaddr.IPv6.isValid(hostname)
  if (!literal && hostname.split('.').some((label) => label === '' || label.length > 63)) return 'invalid_url'
  // A name without a dot is completed by the resolver's search list, which is how machines inside are called.
  if (!literal && !allowPrivate && (INSIDE.test(hostname) || !hostname.includes('.'))) return 'private_address'
  return { url, hostname, literal }
}
