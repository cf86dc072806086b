/** A person as the index holds them. */
export interface Candidate {
  userId: string
  name: string
  mailbox: string
  domain: string
}

const EXACT = 1
/** A word of which only the beginning was given; the more of it, the better. */
const BEGINNING = 0.7
const BEGINNING_LENGTH = 0.2
/** One mistake, two mistakes; and the same in a word of which only the beginning was given. */
const MISTAKES = [EXACT, 0.6, 0.4]
const BEGINNING_WITH_MISTAKE = 0.35
/** A match in the address is worth less than one in the name. */
const IN_MAILBOX = 0.9
const IN_DOMAIN = 0.5
/** The words come in the name's own order, and nothing else does. */
const IN_ORDER = 0.1
const WHOLE_NAME = 0.1

/**
 * Candidates that hold every word, best first; equally good ones stay in the order they came in. Closeness decides and
 * not rarity (bm25): whoever looks for John does not mean the rarest name that begins like it.
 */
export const ranked = (words: readonly string[], candidates: readonly Candidate[]): Candidate[] =>
  candidates
    .map((candidate) => ({ candidate, score: scoreOf(words, candidate) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ candidate }) => candidate)

const split = (text: string) => (text === '' ? [] : text.split(' '))

const scoreOf = (words: readonly string[], { name, mailbox, domain }: Candidate): number => {
  const names = split(name)
  const mailboxes = split(mailbox)
  const domains = split(domain).map((part) => part.slice(1))
  let sum = 0
  for (const word of words) {
    const best = Math.max(
      closest(word, names),
      IN_MAILBOX * closest(word, mailboxes),
      domains.includes(word) ? IN_DOMAIN : 0,
    )
    if (best === 0) return 0
    sum += best
  }
  const inOrder = words.every((word, i) => names[i]?.startsWith(word.slice(0, 2)))
  return sum / words.length + (inOrder ? IN_ORDER : 0) + (words.join(' ') === name ? WHOLE_NAME : 0)
}

const closest = (word: string, tokens: readonly string[]) => {
  let best = 0
  for (const token of tokens) best = Math.max(best, closeness(word, token))
  return best
}

const closeness = (word: string, token: string): number => {
  if (word === token) return EXACT
  if (token.startsWith(word)) return BEGINNING + (BEGINNING_LENGTH * word.length) / token.length
  const allowed = mistakesIn(word)
  if (allowed === 0) return 0
  const mistakes = distance(word, token, allowed)
  if (mistakes <= allowed) return MISTAKES[mistakes] ?? 0
  if (token.length <= word.length) return 0
  return distance(word, token.slice(0, word.length), 1) <= 1 ? BEGINNING_WITH_MISTAKE : 0
}

/** How many mistakes a word may have: in a short one, every other name would fit. */
const mistakesIn = (word: string) => {
  if (word.length < 4) return 0
  return word.length < 8 ? 1 : 2
}

/** Letters to add, drop, change or swap with their neighbour (optimal string alignment); gives up beyond `limit`. */
export const distance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
      least = Math.min(least, cost)
    }
    if (least > limit) return limit + 1
    before = last
    last = row
  }
  return last[b.length] ?? limit + 1
}
