import type { Reply } from './client'

/** What a stranger can compare of two replies: status, header names and body; not the request id, which always differs. */
export const seen = (reply: Reply) => ({
  status: reply.status,
  headers: [...reply.headers.keys()].sort(),
  body: reply.text.replaceAll(reply.headers.get('x-request-id') ?? '', '…'),
})
