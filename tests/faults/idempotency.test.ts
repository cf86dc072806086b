import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { tempFolder } from '../support/temp'

interface Outcome {
  status: number
  code?: string
  replayed: string | null
  /** Orders there are. */
  count: number
}

/** Sends the same order in a process of its own, `late` seconds from now; nothing comes back from one that dies. */
const order = async (folder: string, dies = 'never', late = 0): Promise<Outcome | undefined> => {
  const program = join(import.meta.dir, '../support/children/order.ts')
  const child = Bun.spawn([process.execPath, program, folder, dies, String(late)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = await new Response(child.stdout).text()
  await child.exited
  if (dies !== 'never') expect(child.signalCode).toBe('SIGKILL')
  return output ? JSON.parse(output) : undefined
}

/** Beyond the lease of a dead attempt. */
const LATER = 31

// bar 188
test('a process that dies before the commit has done nothing: the retry does it, once', async () => {
  const folder = tempFolder()
  expect(await order(folder.path, 'before the commit')).toBeUndefined()
  expect(await order(folder.path)).toMatchObject({ status: 409, code: 'request_in_progress', count: 0 })
  expect(await order(folder.path, 'never', LATER)).toMatchObject({ status: 201, replayed: null, count: 1 })
  expect(await order(folder.path, 'never', LATER)).toMatchObject({ status: 201, replayed: 'true', count: 1 })
  folder.remove()
}, 30_000)

// bar 188
test('a process that dies between effect and reply has done it: the retry is told so, and there is still one', async () => {
  const folder = tempFolder()
  expect(await order(folder.path, 'after the commit')).toBeUndefined()
  expect(await order(folder.path)).toMatchObject({ status: 409, code: 'request_in_progress', count: 1 })
  for (let n = 0; n < 2; n++)
    expect(await order(folder.path, 'never', LATER)).toMatchObject({ status: 409, code: 'reply_lost', count: 1 })
  folder.remove()
}, 30_000)
