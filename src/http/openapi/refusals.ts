import type { App, FailureTable } from '#core'
import type { Policy } from '../exchange'
import { failures } from '../failures'
import { STATUS } from '../problems'

/** One way in which a route may refuse. */
export interface Refusal {
  status: number
  code: string
  message: string
}

/** What a route is, as far as it decides how it can be refused. */
export interface Surface {
  policy: Policy
  /** Has parameters in its path. */
  params: boolean
  /** Has a body, a query or headers that are validated. */
  input: boolean
  sunset: boolean
  /** What its verb may refuse with. */
  declared: readonly Refusal[]
}

const INTERNAL_ERROR: Refusal = { status: 500, code: 'internal_error', message: 'Something went wrong on our side.' }
/** What the database adapter throws by itself. */
const DATABASE: readonly Refusal[] = [
  { status: 503, code: 'database_unavailable', message: 'The database does not answer.' },
  { status: 503, code: 'database_read_only', message: 'The database cannot be written at the moment.' },
]

const refusals = ({ table }: { table: FailureTable }): Refusal[] =>
  Object.entries(table).map(([name, [kind, message]]) => ({ status: STATUS[kind], code: name.toLowerCase(), message }))

/** Every refusal there is: the edge's, the database's and each feature's. One per code. */
export const catalogueOf = (app: Pick<App, 'features'>): Refusal[] => {
  const all = [
    INTERNAL_ERROR,
    ...DATABASE,
    ...refusals(failures),
    ...app.features.flatMap((feature) => (feature.failures ? refusals(feature.failures) : [])),
  ]
  return [...new Map(all.map((refusal) => [refusal.code, refusal])).values()]
}

/** How recognising a credential may fail: whatever features that do so have for a 401. */
export const credentialRefusals = (app: Pick<App, 'features'>): Refusal[] =>
  app.features
    .filter((feature) => feature.authenticate)
    .flatMap((feature) => (feature.failures ? refusals(feature.failures) : []))
    .filter(({ status }) => status === 401)

/** Every way in which a route can be refused, sorted: by the edge (`admission.ts`, `body.ts`, `rate-limit.ts`) and by its verb. */
export const refusalsOf = (surface: Surface, credential: readonly Refusal[]): Refusal[] => {
  const { policy, declared } = surface
  const all = [
    ...ofTheEdge(surface).map(own),
    INTERNAL_ERROR,
    ...DATABASE,
    ...declared,
    ...(policy.access.kind === 'public' ? [] : credential),
  ]
  const unique = new Map(all.map((refusal) => [`${refusal.status} ${refusal.code}`, refusal]))
  return [...unique.values()].sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1))
}

const IDEMPOTENCY: readonly Name[] = [
  'INVALID_IDEMPOTENCY_KEY',
  'IDEMPOTENCY_KEY_REUSED',
  'REQUEST_IN_PROGRESS',
  'REPLY_LOST',
]

type Name = keyof (typeof failures)['table']

const own = (name: Name): Refusal => {
  const [kind, message] = failures.table[name]
  return { status: STATUS[kind], code: name.toLowerCase(), message }
}

const ofTheEdge = ({ policy, params, input, sunset }: Surface): Name[] => {
  const { access } = policy
  const unsafe = policy.method !== 'GET'
  const names: Name[] = ['URI_TOO_LONG', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'DATABASE_BUSY']
  if (params) names.push('NOT_FOUND')
  if (input) names.push('VALIDATION_FAILED')
  if (sunset) names.push('VERSION_SUNSET')
  if (unsafe) names.push('STORAGE_FULL')
  if (policy.body !== 'none') names.push('MALFORMED_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE')
  if (access.kind === 'public') return names
  names.push('UNAUTHENTICATED', 'AMBIGUOUS_CREDENTIALS')
  if (unsafe) names.push('CROSS_SITE_REQUEST')
  if (policy.method === 'POST') names.push(...IDEMPOTENCY)
  if (access.kind === 'session') names.push('SESSION_REQUIRED', 'IMPERSONATION_FORBIDDEN')
  if (access.permission) names.push('FORBIDDEN', 'INSUFFICIENT_SCOPE')
  if (access.verified) names.push('EMAIL_NOT_VERIFIED')
  if (access.stepUp) names.push('STEP_UP_REQUIRED')
  return names
}
