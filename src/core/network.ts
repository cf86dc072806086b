import ipaddr from 'ipaddr.js'

/**
 * What is counted as one caller: an IPv4 address as it is, an IPv6 address by its /64, because one subscriber holds all
 * of it. Whoever has no address that can be read shares one bucket with all others like that.
 */
export const networkOf = (ip: string | null): string => {
  if (ip === null || !ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (!(address instanceof ipaddr.IPv6)) return address.toString()
  return `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`
}
