import { inDomain } from './search-words'

// Full-text expressions. Each word stands in quotes and holds letters and digits only, so that none is taken for syntax.

/** A word must have this many letters to be in the index of letters in a row. */
const GRAM = 3

const quoted = (word: string) => `"${word}"`
const both = (a: string, b: string) => `(${a} AND ${b})`
const any = (all: readonly string[]) => (all.length === 1 ? `${all[0]}` : `(${[...new Set(all)].join(' OR ')})`)
const all = (parts: readonly string[]) => parts.join(' AND ')

/** Every word as it is; parts of the domain too. */
export const exactly = (words: readonly string[]) =>
  all(words.map((word) => any([quoted(word), quoted(inDomain(word))])))

/** Every word, or what begins with it. */
export const beginning = (words: readonly string[]) => all(words.map((word) => `${quoted(word)}*`))

/** All words but one, of which only the first two letters are right. Nothing for a single word: too many begin like it. */
export const almostBeginning = (words: readonly string[]) =>
  words.length < 2
    ? undefined
    : any(words.map((_, wrong) => `(${beginning(words.map((word, i) => (i === wrong ? word.slice(0, 2) : word)))})`))

/** Every word with at most one mistake, as far as the letters around it give it away. Nothing if all words are short. */
export const misspelled = (words: readonly string[]) => {
  const long = words.filter((word) => word.length >= GRAM)
  return long.length === 0 ? undefined : all(long.map((word) => any(remains(word))))
}

/**
 * What of a word stays in a row whatever one mistake in it is: its first half, its last half, or a little less of both.
 * Short words have no such halves: there each neighbour that was swapped and each letter too many is tried.
 */
const remains = (word: string): string[] => {
  if (word.length === GRAM) return [quoted(word)]
  if (word.length < 2 * GRAM) return [word, ...swapped(word), ...shortened(word)].map(quoted)
  const half = Math.ceil(word.length / 2)
  const less = word.length - 1 - half
  const ends = [quoted(word.slice(0, half)), quoted(word.slice(-half))]
  return less < GRAM ? ends : [...ends, both(quoted(word.slice(0, less)), quoted(word.slice(-less)))]
}

const swapped = (word: string) =>
  Array.from({ length: word.length - 1 }, (_, i) => `${word.slice(0, i)}${word[i + 1]}${word[i]}${word.slice(i + 2)}`)

const shortened = (word: string) =>
  Array.from({ length: word.length }, (_, i) => `${word.slice(0, i)}${word.slice(i + 1)}`)
