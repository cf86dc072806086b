import ipaddr from 'ipaddr.js'
import type { Context } from '#core'
import type { Filters } from './models'

type JournalFilter = Parameters<Context['journal']['scan']>[0]

/** What was asked for, in the words of the journal. */
export const filterOf = (query: Filters): JournalFilter => {
  const { actorId, action, outcome, resource, ip, requestId, after, before } = query
  return {
    ...(actorId !== undefined && { actorId }),
    ...(action !== undefined && { type: action }),
    ...(outcome !== undefined && { outcome }),
    ...(resource !== undefined && { resource: resourceOf(resource) }),
    ...(ip !== undefined && { ip: oneSpelling(ip) }),
    ...(requestId !== undefined && { requestId }),
    ...(after !== undefined && { after: new Date(after) }),
    ...(before !== undefined && { before: new Date(before) }),
  }
}

const resourceOf = (resource: string) => {
  const colon = resource.indexOf(':')
  return colon === -1 ? { type: resource } : { type: resource.slice(0, colon), id: resource.slice(colon + 1) }
}

/** An address as the edge writes it. */
const oneSpelling = (ip: string) => (ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : ip)
