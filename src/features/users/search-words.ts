/** Letters that no accent was added to, but that people type without knowing them. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
}
const SPECIAL = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g')
const ACCENTS = /[\u0300-\u036f]/g
/** Between a name and the number that somebody put behind it because the name was taken. */
const BESIDE_DIGITS = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/u

/** Set before the parts of a domain, so that the beginning of a name does not lead through everybody's mail provider. */
const DOMAIN_MARK = '\ue000'

/** The words of a text as they are searched: small letters without accents, one spelling for each. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(ACCENTS, '')
    .replace(SPECIAL, (letter) => PLAIN[letter] ?? letter)
    .replace(BESIDE_DIGITS, ' ')
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '')

/** A word of a domain as it is kept in the index. */
export const inDomain = (word: string) => `${DOMAIN_MARK}${word}`

/** What of a person is searched, as it is kept in the index. */
export const searchable = ({ name, email }: { name: string; email: string }) => {
  const at = email.lastIndexOf('@')
  return {
    name: wordsOf(name).join(' '),
    mailbox: wordsOf(email.slice(0, at)).join(' '),
    domain: wordsOf(email.slice(at + 1))
      .map(inDomain)
      .join(' '),
  }
}
