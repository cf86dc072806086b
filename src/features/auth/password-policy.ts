import type { Context, Failure } from '#core'
import { failures } from './failures'

/** Bytes; longer ones are refused before they cost a hash. */
export const PASSWORD_MAX_BYTES = 1024

/** Characters that are looked at for guessability: enough to judge, few enough that the worst takes some 30 ms. */
const JUDGED = 40
/** Ways to read `4` as `a` and the like that are tried; unbounded, a hostile password stalls the process for 0.5 s. */
const SPELLINGS = 3
/** zxcvbn's scale of 0 to 4: below 2 a throttled online attack finds it. */
const MIN_SCORE = 2

/**
 * Refuses what is too short or easily guessed: common and leaked passwords, keyboard walks, the app's name, one's own
 * address (NIST SP 800-63B 3.1.1.2, ASVS 6.2.4). Throws WEAK_PASSWORD with a pointer to `field`.
 */
export const refuseWeak = async (
  ctx: Context,
  password: string,
  about: { email: string; name?: string },
  field = '/password',
) => {
  const weak = (message: string): Failure => failures.WEAK_PASSWORD({ errors: [{ path: field, message }] })
  const length = [...password].length
  const min = ctx.config.passwordMinLength
  if (length < min) throw weak(`has to be at least ${min} characters long`)
  if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) throw weak(`has to be at most ${PASSWORD_MAX_BYTES} bytes long`)
  const own = [about.email, about.email.split('@')[0] ?? '', about.name ?? '', ctx.config.appName]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2)
  const bare = password.toLowerCase().replace(/[\d\W_]+$/, '')
  if (own.includes(password.toLowerCase()) || own.includes(bare))
    throw weak('must not be your address, your name or the name of this service')
  const score = await judge()
  if (score(password.slice(0, JUDGED), own) < MIN_SCORE) throw weak('is too easy to guess: try a few unrelated words')
}

type Judge = (password: string, own: string[]) => number

const load = async (): Promise<Judge> => {
  const [{ ZxcvbnFactory }, common, en] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const factory = new ZxcvbnFactory({
    l33tMaxSubstitutions: SPELLINGS,
    dictionary: { ...common.dictionary, ...en.dictionary },
    graphs: common.adjacencyGraphs,
  })
  return (password, own) => factory.check(password, own).score
}

/** A constant that is loaded with the first password: its dictionaries take a moment and some memory. */
let loaded: Promise<Judge> | undefined
const judge = () => {
  loaded ??= load()
  return loaded
}
