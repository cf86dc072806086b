import { join } from 'node:path'
import { Failure } from '#core'
import type { Aside, PackedBackup, Unpacked, WrittenRows } from './port'
import { orderSwitch, settleSwitch, stagingFolder, switchOutcome } from './switch'

const CHILD = join(import.meta.dir, 'aside-child.ts')

/** What a child is asked to do. It travels over a pipe: keys must not be seen in the list of processes. */
export type Task =
  | { do: 'pack'; database: string; files: string | null; to: string; version: string; keys: readonly string[] }
  | { do: 'unpack'; from: string; into: string; sha256: string | null; keys: readonly string[]; keep: boolean }
  | { do: 'rows'; database: string; sql: string; params: unknown[]; format: RowFormat; to: string }

export type RowFormat = 'csv' | 'json' | 'ndjson'

/** What a child says, a line each. */
export type Said = { progress: number } | { done: unknown } | { refused: string } | { full: true } | { failed: string }

/** Heavy work on a database file, in processes of its own at the lowest priority: whoever is being served does not feel it. */
export const asideOf = (database: string, dataDir: string): Aside => ({
  staging: stagingFolder(dataDir),
  order: (order) => orderSwitch(dataDir, order),
  outcome: () => switchOutcome(dataDir),
  settle: () => settleSwitch(dataDir),
  pack: (task, options = {}) => run<PackedBackup>({ do: 'pack', database, ...task }, options),
  unpack: (task, options = {}) => run<Unpacked>({ do: 'unpack', ...task }, options),
  writeRows: (task, options = {}) => run<WrittenRows>({ do: 'rows', database, ...task }, options),
})

interface RunOptions {
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

/** Runs one task to its end. Throws a Failure `backup_invalid` or `storage_full`, or an Error with what the child said. */
export const run = async <T>(task: Task, { signal, onProgress }: RunOptions): Promise<T> => {
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
