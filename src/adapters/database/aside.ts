import { join } from 'node:path'
import { Failure } from '#core'
import type { Aside, Unpacked } from './port'
import { orderSwitch, settleSwitch, stagingFolder, switchOutcome } from './switch'

const CHILD = join(import.meta.dir, 'aside-child.ts')

/** A database that is being served; whoever has read it for long writes its log back, unless that is not theirs to do. */
interface Live {
  database: string
  writeBack: boolean
}

/** What a child is asked to do. It travels over a pipe: keys must not be seen in the list of processes. */
export type Task =
  | ({ do: 'pack'; files: string | null; to: string; version: string; keys: readonly string[] } & Live)
  | { do: 'unpack'; from: string; into: string; sha256: string | null; keys: readonly string[]; keep: boolean }
  | ({ do: 'rows'; sql: string; params: unknown[]; format: RowFormat; to: string } & Live)

export type RowFormat = 'csv' | 'json' | 'ndjson'

/** What a child says, a line each. */
export type Said =
  | { progress: number }
  /** It has read the database, and written its log back. */
  | { released: true }
  | { done: unknown }
  | { refused: string }
  | { full: true }
  | { failed: string }

type Around = <T>(work: (released: () => void) => Promise<T>) => Promise<T>

/**
 * Heavy work on a database file, in processes of its own at the lowest priority: whoever is being served does not feel it.
 * Inside `reading` the log is left alone, and the process that has read writes it back.
 */
export const asideOf = (database: string, dataDir: string, reading?: Around): Aside => {
  const live = { database, writeBack: reading !== undefined }
  const around: Around = reading ?? ((work) => work(() => {}))
  return {
    staging: stagingFolder(dataDir),
    order: (order) => orderSwitch(dataDir, order),
    outcome: () => switchOutcome(dataDir),
    settle: () => settleSwitch(dataDir),
    pack: (task, options = {}) => around((released) => run({ do: 'pack', ...live, ...task }, { ...options, released })),
    unpack: (task, options = {}) => run<Unpacked>({ do: 'unpack', ...task }, options),
    writeRows: (task, options = {}) =>
      around((released) => run({ do: 'rows', ...live, ...task }, { ...options, released })),
  }
}

interface RunOptions {
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
  released?: () => void
}

/** Runs one task to its end. Throws a Failure `backup_invalid` or `storage_full`, or an Error with what the child said. */
export const run = async <T>(task: Task, { signal, onProgress, released }: RunOptions): Promise<T> => {
  signal?.throwIfAborted()
  // The open pipe is its lifeline: it ends when this process does, however that happens.
  const child = Bun.spawn([process.execPath, '--no-install', CHILD], {
    env: { TZ: 'UTC' },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  try {
    child.stdin.write(`${JSON.stringify(task)}\n`)
    child.stdin.flush()
    for await (const said of linesOf(child.stdout)) {
      if ('progress' in said) onProgress?.(said.progress)
      else if ('released' in said) released?.()
      else if ('done' in said) return said.done as T
      else if ('refused' in said) throw new Failure('invalid', 'backup_invalid', said.refused)
      else if ('full' in said)
        throw new Failure('storage_full', 'storage_full', 'There is no space left to store this.')
      else throw new Error(said.failed)
    }
    signal?.throwIfAborted()
    throw new Error(`The process for heavy work ended without a word (${await child.exited})`)
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Said> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
  }
}
