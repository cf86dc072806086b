import ipaddr from 'ipaddr.js'

export type Range = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** An address or a CIDR range; nothing if it is neither. Strict: no octal, no short forms, no zones. */
export const rangeOf = (text: string): Range | undefined => {
  const [address = '', bits, ...rest] = text.split('/')
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(address)
  const isV6 = address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address)
  if (rest.length > 0 || !(isV4 || isV6)) return undefined
  if (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined
  const all = isV4 ? 32 : 128
  const length = bits === undefined ? all : Number(bits)
  return length <= all ? [ipaddr.parse(address), length] : undefined
}

/** One spelling per range, as it is kept and shown. */
export const canonicalRange = ([address, bits]: Range): string =>
  bits === (address.kind() === 'ipv4' ? 32 : 128) ? address.toString() : `${address.toString()}/${bits}`

/** True if an address lies in one of the ranges. Who has none that can be read lies in none. */
export const isWithin = (ranges: readonly Range[], ip: string): boolean => {
  if (!ipaddr.isValid(ip)) return false
  const address = ipaddr.process(ip)
  return ranges.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits))
}
