import type { Reply } from './client'

declare module 'bun:test' {
  interface Matchers<T> {
    /** A problem document (RFC 9457) with this status and code that repeats nothing of what was sent. */
    toRefuse(status: number, code: string): T extends Promise<unknown> ? Promise<void> : void
  }
}

/** Values shorter than this occur by accident. */
const TELLING = 6

export const toRefuse = (received: unknown, status: number, code: string) => {
  const reply = received as Reply
  const faults = faultsOf(reply, status, code)
  const answered = `${reply.request} answered ${reply.status} ${reply.text.slice(0, 500)}`
  return {
    pass: faults.length === 0,
    message: () =>
      faults.length === 0 ? `Did not expect this refusal: ${answered}` : `${faults.join('\n')}\n\n${answered}`,
  }
}

const faultsOf = (reply: Reply, status: number, code: string): string[] => {
  if (reply.status !== status) return [`Expected status ${status}, got ${reply.status}`]
  const type = reply.headers.get('content-type')
  if (!type?.startsWith('application/problem+json')) return [`Expected application/problem+json, got ${type}`]
  const body = reply.json()
  const checks: [boolean, string][] = [
    [body.code === code, `Expected code ${code}, got ${body.code}`],
    [body.status === status, `The body says status ${body.status}`],
    [typeof body.title === 'string' && body.title.length > 0, 'There is no title'],
    [
      typeof body.type === 'string' && URL.canParse(body.type) && body.type.endsWith(`#${code}`),
      `The type is ${body.type}`,
    ],
    [typeof body.instance === 'string' && body.instance.startsWith('/'), `The instance is ${body.instance}`],
    [
      Boolean(body.requestId) && body.requestId === reply.headers.get('x-request-id'),
      'The request id is not that of the header',
    ],
    [status !== 401 || reply.headers.has('www-authenticate'), 'A 401 without WWW-Authenticate'],
    [status !== 405 || reply.headers.has('allow'), 'A 405 without Allow'],
    [
      (status !== 429 && status !== 503) || Number(reply.headers.get('retry-after')) >= 1,
      `A ${status} without Retry-After`,
    ],
  ]
  const echoed = valuesIn(reply.sent).filter((value) => value.length >= TELLING && reply.text.includes(value))
  return [
    ...checks.filter(([holds]) => !holds).map(([, fault]) => fault),
    ...echoed.map((value) => `The value ${value} that was sent comes back`),
  ]
}

const valuesIn = (sent: unknown): string[] => {
  if (typeof sent === 'string') return [sent]
  if (Array.isArray(sent)) return sent.flatMap(valuesIn)
  return typeof sent === 'object' && sent !== null && !(sent instanceof Blob)
    ? Object.values(sent).flatMap(valuesIn)
    : []
}
