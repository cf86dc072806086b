import { basename, dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'

const ROOT = join(import.meta.dir, '../..')

/** A path in a document, from the repository's root: in backticks, or as the target of a link. */
const CITED =
  /`((?:src|tests|docs|scripts|drizzle|web|bench|\.github|\.ci)\/[^`\s]*|[\w.-]+\.(?:md|json|toml|yaml|yml|lock)|Dockerfile|LICENSE)`/g
const LINKED = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)/g
/** Made when the project runs, or named as an example. */
const NOT_HERE = /[<>{}…]|\bX\b|^(data|files)\//

export const read = (path: string) => Bun.file(join(ROOT, path)).text()

/** Paths that a document names and that are not there. */
export const missingIn = (document: string, text: string, files: readonly string[]): string[] => {
  const exists = existing(files)
  const cited = [...text.matchAll(CITED)].map(([, path = '']) => path)
  const linked = [...text.matchAll(LINKED)].map(([, path = '']) => normalize(join(dirname(document), path)))
  return [
    ...cited.filter((path) => !exists(path) && !exists(join(dirname(document), path))),
    ...linked.filter((path) => !exists(path)),
  ]
    .filter((path) => !NOT_HERE.test(path))
    .map((path) => `${document} names ${path}`)
}

const existing = (files: readonly string[]) => (path: string) => {
  const plain = path.replace(/\/$/, '').replace(/:\d+$/, '')
  if (plain.includes('*')) return files.some((file) => new Glob(plain).match(file))
  return files.some((file) => file === plain || file.startsWith(`${plain}/`))
}

/** `bun run seed --demo`, `bun dev`, `bun scripts/x.ts`: the word after bun, and what follows it. */
const COMMAND = /(?<![\w-])bun (?:--bun |--no-install )?(?:run )?([\w:./-]+)([^`\n#|&;)"]*)/g
const BUNS_OWN = ['add', 'audit', 'create', 'drizzle-kit', 'install', 'outdated', 'run', 'test', 'update']
const IN_CODE = /```[\s\S]*?```|`[^`\n]+`/g

/** Commands in a document that do not exist, and options that their help does not have. `helpOf` reads a script. */
export const unknownCommands = async (
  document: string,
  text: string,
  scripts: Readonly<Record<string, string>>,
  helpOf: (path: string) => Promise<string | undefined>,
): Promise<string[]> => {
  const commands = (text.match(IN_CODE) ?? []).flatMap((code) => [...code.matchAll(COMMAND)])
  const found = commands.map(async ([, word = '', rest = '']) => {
    if (BUNS_OWN.includes(word)) return []
    const path = scripts[word] === undefined ? word : /\b((?:scripts|bench)\/\S+\.ts)/.exec(scripts[word])?.[1]
    if (path === undefined) return []
    const help = await helpOf(path)
    if (help === undefined) return [`${document} names bun ${word}`]
    const options = [...rest.matchAll(/(?<=\s)--[\w-]+/g)].map(([option]) => option)
    return options.filter((option) => !help.includes(option)).map((option) => `${document} names bun ${word} ${option}`)
  })
  return (await Promise.all(found)).flat()
}

/** Names of Markdown files, in a document or a comment, that no file of ours has. */
export const unknownDocuments = (file: string, text: string, files: readonly string[]) => {
  const names = new Set(files.map((path) => basename(path)))
  const prose = file.endsWith('.md')
    ? text
    : text
        .split('\n')
        .filter((line) => COMMENT.test(line))
        .join('\n')
  return [...prose.matchAll(/(?<![\w/<-])[\w-]+\.md\b/g)].map(([name]) => name).filter((name) => !names.has(name))
}

const COMMENT = /^\s*(\/\/|\/?\*|#|<!--|--)/
