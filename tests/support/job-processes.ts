import { Database as Sqlite } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from './temp'

interface Child {
  process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  /** What it has printed so far. */
  lines: string[]
  /** Resolves when it prints no more. */
  reading: Promise<void>
  /** Resolves once it has printed a line. */
  said(line: string): Promise<void>
  /** Sends a signal, and waits for the exit code. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** Processes of the program under `children/jobs.ts` on one database, to be killed, and a look at what they leave. */
export const jobProcesses = (env: Record<string, string> = {}) => {
  const folder = tempFolder()
  const children: Child[] = []

  const child = (role: string, ...args: string[]): Child => {
    const process_ = Bun.spawn(
      [process.execPath, join(import.meta.dir, 'children/jobs.ts'), folder.path, role, ...args],
      {
        env: { ...process.env, ...env },
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'inherit',
      },
    )
    const lines: string[] = []
    const waiting: { line: string; resolve: () => void }[] = []
    const reading = (async () => {
      let rest = ''
      for await (const chunk of process_.stdout) {
        const parts = (rest + new TextDecoder().decode(chunk)).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
        for (const { line, resolve } of waiting) if (lines.includes(line)) resolve()
      }
    })()
    const said = (line: string) =>
      lines.includes(line) ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ line, resolve }))
    const kill = async (signal: 'SIGKILL' | 'SIGTERM') => {
      process_.kill(signal)
      await process_.exited
      return process_.exitCode
    }
    const made = { process: process_, lines, reading, said, kill }
    children.push(made)
    return made
  }

  /** What the tables say, read from outside; nothing as long as there is no database. */
  const look = <T>(query: string): T[] => {
    const file = join(folder.path, 'keel.db')
    if (!existsSync(file)) return []
    const db = new Sqlite(file, { readonly: true })
    db.run('PRAGMA busy_timeout = 1000')
    const rows = db.query<T, []>(query).all()
    db.close()
    return rows
  }

  const close = async () => {
    for (const { process } of children.splice(0)) {
      process.kill('SIGKILL')
      await process.exited
    }
    folder.remove()
  }
  return { child, look, close }
}

/** Resolves when it has ended and everything it printed is there. */
export const finished = async ({ process, reading }: Child) => {
  await process.exited
  await reading
}
