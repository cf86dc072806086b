import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, hostname, release, totalmem, type } from 'node:os'

/** A promise about speed, what was measured, and whether it holds. */
interface Target {
  promise: string
  measured: string
  holds: boolean
}

/** What a suite found out: one section of the results. */
export interface Section {
  /** Name of the suite; the section of the same name is replaced. */
  suite: string
  title: string
  /** How it was measured, one sentence each. */
  notes: string[]
  versions: Record<string, string>
  columns: string[]
  rows: string[][]
  targets: Target[]
}

const HEADER = `# Results

Written by \`bun run bench\`, a section per suite. Absolute numbers belong to the machine named; ratios travel better.
`

/** The machine as a reader needs it: name, processor, cores, memory, system. */
const machine = () => {
  const processors = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${hostname()}: ${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory} GB, ${type()} ${release()}`
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

const table = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  [line(columns), line(columns.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n')

/** A section as Markdown, ready to be read in a terminal too. `load` is the machine's load average before it began. */
export const render = (section: Section, at: Date, load: number): string => {
  const versions = Object.entries(section.versions).map(([name, version]) => `${name} ${version}`)
  const targets = section.targets.map((target) => [target.promise, target.measured, target.holds ? 'yes' : '**no**'])
  return [
    `## ${section.suite}: ${section.title}`,
    `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${machine()}; load before it began: ${load.toFixed(1)}. ${versions.join(', ')}.`,
    ...section.notes,
    table(section.columns, section.rows),
    targets.length > 0 ? table(['target', 'measured', 'holds'], targets) : '',
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Puts a rendered section into the file in place of the suite's former one, or at its end. */
export const save = (file: string, suite: string, markdown: string) => {
  const [open, close] = [`<!-- suite:${suite} -->`, `<!-- /suite:${suite} -->`]
  const before = existsSync(file) ? readFileSync(file, 'utf8') : HEADER
  const block = `${open}\n${markdown}\n${close}`
  const [from, to] = [before.indexOf(open), before.indexOf(close)]
  const after =
    from >= 0 && to > from
      ? before.slice(0, from) + block + before.slice(to + close.length)
      : `${before.trimEnd()}\n\n${block}\n`
  writeFileSync(file, after)
}
