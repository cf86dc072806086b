import { join } from 'node:path'

/** Where things may lie that only make sense together with a feature: its commands, its benchmark, tests across parts. */
const OUTSIDE = /^(scripts|bench|tests)\/.*\.tsx?$/

/** Files outside a feature's folder that import it: they go when it goes. */
export const dependentsOf = async (name: string, files: readonly string[], root: string): Promise<string[]> => {
  const imports = new RegExp(`(from|import\\()\\s*'[^']*features/${name}(/[^']*)?'`)
  const found: string[] = []
  for (const path of files.filter((file) => OUTSIDE.test(file)))
    if (imports.test(await Bun.file(join(root, path)).text())) found.push(path)
  return found
}
