import { PermanentFailure } from '#core'
import type { Mail } from './port'

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** One bare address: no display name, no list, no quoting, no comment. */
const ADDRESS = /^[^\s,;:<>()[\]"'\\@]+@[^\s,;:<>()[\]"'\\@]+$/
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]*$/
/** What the envelope decides; a letter may not. */
const RESERVED = new Set([
  'to',
  'cc',
  'bcc',
  'from',
  'sender',
  'subject',
  'date',
  'message-id',
  'return-path',
  'mime-version',
])

/** Subjects longer than this (characters) are cut: RFC 5322 allows 998 octets in a line. */
const SUBJECT_MAX = 200

/**
 * The mail with exactly one recipient and without a line break in any header (ASVS 1.3.11).
 * Throws PermanentFailure if the address or a header is not what it says: it would not be so the next time either.
 */
export const checked = (mail: Mail): Mail => {
  // NFKC turns U+FF20 and friends into the characters that they look like: such an address is not the one validated.
  if (
    !ADDRESS.test(mail.to) ||
    CONTROL.test(mail.to) ||
    mail.to.normalize('NFKC') !== mail.to ||
    mail.to.length > 320
  ) {
    throw new PermanentFailure('The recipient is not one plain address')
  }
  for (const [name, value] of Object.entries(mail.headers ?? {})) {
    if (!HEADER_NAME.test(name) || RESERVED.has(name.toLowerCase()) || CONTROL.test(value)) {
      throw new PermanentFailure('A header of the mail is not allowed')
    }
  }
  return { ...mail, subject: oneLine(mail.subject).slice(0, SUBJECT_MAX) }
}

/** What a provider answered, on one line and without addresses: it ends in logs and in the admin's mail log. */
export const reason = (text: string) =>
  oneLine(text)
    .replace(/[^\s<>"'(]+@[^\s<>"'),;]+/g, '…@…')
    .slice(0, 300)

const oneLine = (text: string) => text.replace(CONTROLS, ' ').trim()
