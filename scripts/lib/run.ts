import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')

interface Options {
  cwd?: string
  env?: Record<string, string>
  /** Also shows the output while it comes. */
  show?: boolean
}

/** Runs a command and waits for its end. `output` is what it said on both streams. */
export const run = async (command: string[], { cwd = ROOT, env = {}, show = false }: Options = {}) => {
  const begun = performance.now()
  const child = Bun.spawn(command, {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output: string[] = []
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true })
      output.push(text)
      if (show) process.stdout.write(text)
    }
  }
  await Promise.all([listen(child.stdout), listen(child.stderr)])
  const code = await child.exited
  return { ok: code === 0, code, output: output.join(''), seconds: (performance.now() - begun) / 1000 }
}
