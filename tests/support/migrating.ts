import { join } from 'node:path'

/** Another process, ready to migrate a database file. `applied` is how many migrations it applied once it was told to go. */
export const startMigrating = async (path: string, folder: string) => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'children/migrate.ts'), path, folder], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = child.stdout.getReader()
  await output.read()
  const applied = async () => {
    const { value } = await output.read()
    return value ? Number(new TextDecoder().decode(value)) : undefined
  }
  return {
    go: () => {
      child.stdin.write('go\n')
      child.stdin.flush()
    },
    applied: applied(),
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
