import { join } from 'node:path'
import { ROOT } from './run'

const LIST = join(ROOT, 'src/features.ts')

/** The two features that others build on. */
export const BASE = ['users', 'auth']

/** The features that can go, by their folders. */
export const leavesOf = async (): Promise<string[]> =>
  [...(await Bun.file(LIST).text()).matchAll(/from '#features\/([\w-]+)'/g)]
    .map(([, name = '']) => name)
    .filter((name) => !BASE.includes(name))

const camel = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
const pascal = (name: string) => camel(name).replace(/^\w/, (letter) => letter.toUpperCase())
const snake = (name: string) => name.replaceAll('-', '_')
const spoken = (name: string) => name.replaceAll('-', ' ')

const article = (word: string) => (/^[aeiou]/.test(word) ? 'an' : 'a')

/** A feature's name as code, tables, paths and people spell it. */
export const wordsOf = (plural: string, singular: string): Record<string, string> => ({
  things: camel(plural),
  thing: camel(singular),
  Thing: pascal(singular),
  THING: snake(singular).toUpperCase(),
  things_: snake(plural),
  thing_: snake(singular),
  'things-': plural,
  'things words': spoken(plural),
  'thing words': spoken(singular),
  'a thing words': `${article(singular)} ${spoken(singular)}`,
  'A thing words': `${article(singular).replace('a', 'A')} ${spoken(singular)}`,
  'Things words': spoken(plural).replace(/^\w/, (letter) => letter.toUpperCase()),
})

/** Adds a feature's line to `src/features.ts`, in alphabetical order. */
export const insertFeature = async (folder: string, exported: string) => {
  const lines = (await Bun.file(LIST).text()).trimEnd().split('\n')
  const line = `export { ${exported} } from '#features/${folder}'`
  const at = lines.findIndex(
    (other) =>
      other.startsWith('export') &&
      other.split("'")[1] !== undefined &&
      (other.split("'")[1] ?? '') > `#features/${folder}`,
  )
  lines.splice(at === -1 ? lines.length : at, 0, line)
  await Bun.write(LIST, `${lines.join('\n')}\n`)
}

/** Takes a feature's line out of `src/features.ts`; false if it has none. */
export const dropFeature = async (folder: string): Promise<boolean> => {
  const text = await Bun.file(LIST).text()
  const left = text.split('\n').filter((line) => !line.includes(`'#features/${folder}'`))
  await Bun.write(LIST, left.join('\n'))
  return left.length < text.split('\n').length
}
