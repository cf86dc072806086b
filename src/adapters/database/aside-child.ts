import { setPriority } from 'node:os'
import type { Said, Task } from './aside'
import { pack } from './pack'
import { Refused, unpack } from './unpack'
import { writeBack } from './write-back'
import { writeRows } from './write-rows'

const LOWEST = 19

// The program of a child process: one task from stdin, lines of JSON to stdout. See `aside.ts`.
const say = (said: Said) => void process.stdout.write(`${JSON.stringify(said)}\n`)

const perform = (task: Task): Promise<unknown> => {
  const progress = (fraction: number) => say({ progress: fraction })
  const release = () => {
    try {
      if ('database' in task && task.writeBack) writeBack(task.database)
    } catch {
      // The next writer does it, and takes its time for it.
    }
    say({ released: true })
  }
  switch (task.do) {
    case 'pack':
      return pack(task, progress, release)
    case 'unpack':
      return unpack(task)
    case 'rows':
      return writeRows(task, progress, release)
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
const sayWhy = (error: unknown) => {
  if (error instanceof Refused) say({ refused: error.message })
  else if (['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'].includes(codeOf(error))) say({ full: true })
  else say({ failed: error instanceof Error ? error.message : String(error) })
}

/** Begins with the first line. Ends when nobody listens any more, whatever it is at. */
const obey = async () => {
  let asked = ''
  for await (const chunk of process.stdin) {
    const begun = asked.includes('\n')
    asked += chunk
    if (begun || !asked.includes('\n')) continue
    perform(JSON.parse(asked))
      .then((done) => say({ done }), sayWhy)
      .catch(() => process.exit(1))
  }
  process.exit(1)
}

setPriority(LOWEST)
await obey()
