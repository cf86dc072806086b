import ipaddr from 'ipaddr.js'

/** Everything that is not the public internet: IANA's special-purpose registry, and what clouds keep behind public numbers. */
const IPV4 = [
  ['0.0.0.0', 8, 'this host'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared by carriers'],
  ['127.0.0.0', 8, 'loopback'],
  ['168.63.129.16', 32, 'the host of an Azure machine'],
  ['169.254.0.0', 16, 'link-local, and metadata of clouds'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.31.196.0', 24, 'AS112'],
  ['192.52.193.0', 24, 'AMT'],
  ['192.88.99.0', 24, '6to4 relays'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'AS112'],
  ['198.18.0.0', 15, 'benchmarks'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved, and broadcast'],
] as const

/** Only 2000::/3 is public at all; this is what is not, within. */
const IPV6_PUBLIC = ['2000::', 3] as const
const IPV6 = [
  ['2001::', 23, 'protocol assignments: Teredo, ORCHID, benchmarks'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4: an IPv4 address inside'],
  ['2620:4f:8000::', 48, 'AS112'],
  ['3fff::', 20, 'documentation'],
] as const

type Range = readonly [start: string, bits: number, ...rest: unknown[]]

const inside = (address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly Range[]) =>
  ranges.some(([start, bits]) => address.match(ipaddr.parse(start), bits))

/** True for an address of the public internet. IPv4 in an IPv6 address is never taken for one: it is not written so there. */
export const isPublic = (text: string): boolean => {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv4) return !inside(address, IPV4)
  return !address.zoneId && inside(address, [IPV6_PUBLIC]) && !inside(address, IPV6)
}
