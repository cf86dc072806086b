import type { Policy } from './exchange'
import { failures } from './failures'

/**
 * Refuses a parameter that is there twice: which one counts differs from server to server, so that a proxy may have
 * checked the other (ASVS 5.0 15.3.7). Throws VALIDATION_FAILED.
 */
export const checkQuery = ({ url }: Request, { query }: Policy) => {
  const start = url.indexOf('?')
  if (query.length === 0 || start === -1 || !url.includes('&', start)) return
  const sent = new URLSearchParams(url.slice(start + 1))
  const twice = query.filter((name) => sent.getAll(name).length > 1)
  if (twice.length === 0) return
  throw failures.VALIDATION_FAILED({
    errors: twice.map((name) => ({ path: `/query/${name}`, message: 'has to be given once' })),
  })
}
