import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { tempFolder } from '#tests'
import { SECRET } from '../support/server'

const PRELOAD = join(import.meta.dir, '../support/children/reject.ts')
const MAIN = join(import.meta.dir, '../../src/main.ts')

/** Reads on until the text matches; throws if it ends before. */
const until = async (stream: ReadableStream<Uint8Array>, pattern: RegExp): Promise<string> => {
  let said = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream.values({ preventCancel: true })) {
    said += decoder.decode(chunk, { stream: true })
    const [, found] = pattern.exec(said) ?? []
    if (found) return found
  }
  throw new Error(`The server ended: ${said}`)
}

// bar 229
test('a promise that fails with nobody waiting for it is logged, and the server goes on', async () => {
  const folder = tempFolder()
  const child = Bun.spawn([process.execPath, '--no-install', '--preload', PRELOAD, MAIN], {
    env: {
      PATH: process.env.PATH ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      SECRET_KEY: SECRET,
      DATA_DIR: folder.path,
      APP_URL: 'http://localhost:3000',
      LOG_LEVEL: 'error',
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  try {
    const url = (await until(child.stderr, /listening\s+(http:\S+)\n/)).replace('localhost', '127.0.0.1')
    const alive = async () => (await fetch(`${url}/health/live`)).status
    expect(await alive()).toBe(200)
    child.kill('SIGUSR2')
    await until(child.stdout, /(canary at once[\s\S]*canary in a timer)/)
    for (let i = 0; i < 10; i++) expect(await alive()).toBe(200)
    expect(child.exitCode).toBe(null)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  } finally {
    child.kill('SIGKILL')
    await child.exited
    folder.remove()
  }
}, 30_000)
