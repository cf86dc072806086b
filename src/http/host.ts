const NAME = /^([\w.~-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i

/**
 * Whether a request names one host that a URL can have (RFC 9112 § 3.2). Bun joins two `Host` headers with a comma and,
 * where the name is none, hands on a URL without an origin, which no two parts of a server read alike.
 */
export const hostCheck = () => {
  let known: string | undefined
  return ({ headers, url }: Request): boolean => {
    const host = headers.get('host')
    if (host === null) return URL.canParse(url)
    if (host === known) return true
    if (!NAME.test(host) || !URL.canParse(`http://${host}`)) return false
    known = host
    return true
  }
}
