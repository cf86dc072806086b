import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './lib/run'

// The server starts in an empty folder with nothing configured, answers, takes a registration, and stops when told.
const START_DEADLINE = 20_000
const STOP_DEADLINE = 10_000

const folder = mkdtempSync(join(tmpdir(), 'keel-smoke-'))
const port = freePort()
const origin = `http://127.0.0.1:${port}`
const begun = performance.now()
const server = Bun.spawn([process.execPath, '--no-install', '--no-env-file', 'src/main.ts'], {
  cwd: ROOT,
  env: { PATH: process.env.PATH ?? '', HOME: folder, DATA_DIR: join(folder, 'data'), PORT: String(port) },
  stdout: 'pipe',
  stderr: 'pipe',
})
const said = Promise.all([new Response(server.stdout).text(), new Response(server.stderr).text()])

try {
  await ready()
  console.log(`ready after ${Math.round(performance.now() - begun)} ms`)
  const root = await get('/')
  expect(typeof root.docs === 'string', 'GET / does not say where the docs are')
  const { paths } = await get('/swagger/json')
  expect(Object.keys(paths).length > 10, 'The OpenAPI document is empty')
  const registered = await fetch(`${origin}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'first@example.com', password: 'correct horse battery staple 42', name: 'First' }),
  })
  expect(registered.status === 202, `A registration was answered with ${registered.status}`)
  expect(readdirSync(join(folder, 'data')).includes('keel.db'), 'There is no database in the data folder')
  server.kill('SIGTERM')
  const code = await Promise.race([server.exited, Bun.sleep(STOP_DEADLINE)])
  expect(code === 0, `SIGTERM was answered with exit code ${code ?? 'none in time'}`)
  console.log('starts, answers, stops')
} catch (error) {
  server.kill('SIGKILL')
  const output = (await said).join('\n').trim()
  console.error(`${error instanceof Error ? error.message : error}\n${output}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit()

async function ready() {
  while (performance.now() - begun < START_DEADLINE) {
    const response = await fetch(`${origin}/health/ready`).catch(() => undefined)
    if (response?.status === 200) return
    if (server.exitCode !== null) throw new Error(`The server ended with exit code ${server.exitCode}`)
    await Bun.sleep(50)
  }
  throw new Error('The server was not ready in time')
}

async function get(path: string) {
  const response = await fetch(origin + path)
  expect(response.ok, `GET ${path} was answered with ${response.status}`)
  return response.json()
}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message)
}

function freePort() {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  probe.stop(true)
  return probe.port
}
