import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { keptFiles } from './files'
import { ROOT, run } from './run'

/** A copy of the project that may be changed, with the installed packages linked. */
export const projectCopy = async () => {
  const path = mkdtempSync(join(tmpdir(), 'keel-copy-'))
  for (const file of await keptFiles()) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    cpSync(join(ROOT, file), join(path, file))
  }
  const modules = join(path, 'node_modules')
  rmSync(modules, { force: true })
  symlinkSync(join(ROOT, 'node_modules'), modules)
  return {
    path,
    bun: (...words: string[]) => run(['bun', ...words], { cwd: path }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
