import { join } from 'node:path'

/** Takes the write lock of a database file in another process. Resolves once it is held, to the function that ends it. */
export const startLockHolder = async (path: string): Promise<() => Promise<void>> => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'children/hold-lock.ts'), path], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const reader = child.stdout.getReader()
  await reader.read()
  return async () => {
    child.kill('SIGKILL')
    await child.exited
  }
}
