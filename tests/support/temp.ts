import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh folder under the system's temporary one, and the function that removes it. */
export const tempFolder = (label = 'keel-test-') => {
  const path = mkdtempSync(join(tmpdir(), label))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
