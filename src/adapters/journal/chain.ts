import { digest, randomToken } from '#core'
import type { Row } from './schema'

/** What the hash of a row covers besides the hash before it. Fixed: neither erasure nor anything else changes it. */
type Fixed = Omit<
  Row,
  'payload' | 'subjectLabel' | 'contentSalt' | 'ip' | 'userAgent' | 'originSalt' | 'prevHash' | 'hash'
>
type Content = Pick<Row, 'payload' | 'subjectLabel' | 'contentSalt'>
type Origin = Pick<Row, 'ip' | 'userAgent' | 'originSalt'>

/** Where a chain stands: the row that comes next links to this one. */
export interface Link {
  seq: number
  hash: string
}

/** What the very first row links to. */
export const GENESIS: Link = { seq: 0, hash: '' }

/** 128 bits: without it, an erased address could be found again by trying them all. */
export const newSalt = () => randomToken(16)

export const contentDigest = (part: Content) =>
  digest(JSON.stringify([part.contentSalt, part.payload, part.subjectLabel]))

export const originDigest = (part: Origin) => digest(JSON.stringify([part.originSalt, part.ip, part.userAgent]))

/** The hash of a row. An array keeps the order, so the text is the same wherever it is made. */
export const rowHash = (row: Fixed, prevHash: string) =>
  digest(
    JSON.stringify([
      prevHash,
      row.seq,
      row.id,
      row.type,
      row.outcome,
      row.actorType,
      row.actorId,
      row.impersonatorId,
      row.subjectType,
      row.subjectId,
      row.userId,
      row.requestId,
      row.createdAt.getTime(),
      row.contentDigest,
      row.originDigest,
    ]),
  )

/** True if the row follows `link` and is what was written. A part without salt has been erased: it has to be empty. */
export const holds = (row: Row, link: Link) =>
  row.seq === link.seq + 1 &&
  row.prevHash === link.hash &&
  row.hash === rowHash(row, link.hash) &&
  (row.contentSalt === null
    ? row.payload === null && row.subjectLabel === null
    : row.contentDigest === contentDigest(row)) &&
  (row.originSalt === null ? row.ip === null && row.userAgent === null : row.originDigest === originDigest(row))
