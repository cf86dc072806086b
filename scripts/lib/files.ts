import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { ROOT, run } from './run'

/** Made by tools, never kept. */
const MADE = /^(node_modules|data|dist|coverage|\.git)\/|\/node_modules\//

/** What git keeps, and what is new and will be kept. Where there is no git, whatever lies there. */
export const keptFiles = async (): Promise<string[]> => {
  const listed = await run(['git', 'ls-files', '-co', '--exclude-standard'])
  const paths = listed.ok
    ? listed.output.trim().split('\n')
    : [...new Glob('**/*').scanSync({ cwd: ROOT, dot: true })].filter((path) => !MADE.test(path))
  // A file that was deleted and not committed yet is still listed.
  return paths.filter((path) => existsSync(join(ROOT, path)))
}
