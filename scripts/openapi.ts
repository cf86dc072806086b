import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApi } from '../src/api'
import { closeApp, openApp } from '../src/app'
import { loadConfig } from '../src/config'

const HELP = `bun run openapi [--version v2] [--pretty] > openapi.json

Prints the OpenAPI 3.1 document of one version, v1 unless told. Reads APP_URL and APP_NAME like the server does;
opens no database, no Redis and no storage but a folder of its own.

  --version V  the version
  --pretty     one line per member`

const { values } = parseArgs({
  options: { version: { type: 'string', default: 'v1' }, pretty: { type: 'boolean' }, help: { type: 'boolean' } },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'keel-openapi-'))
try {
  const { APP_URL, APP_NAME, API_V1_DEPRECATED_AT, API_V1_SUNSET_AT } = process.env
  const described = { APP_URL, APP_NAME, API_V1_DEPRECATED_AT, API_V1_SUNSET_AT }
  const app = await openApp(loadConfig({ ...described, NODE_ENV: 'test', DATA_DIR: folder }))
  const response = await createApi(app).fetch(
    new Request(`http://localhost/swagger/json?version=${encodeURIComponent(values.version)}`),
  )
  const document: unknown = await response.json()
  await closeApp(app)
  if (response.ok) process.stdout.write(`${JSON.stringify(document, null, values.pretty ? 2 : 0)}\n`)
  else {
    console.error(`There is no version ${values.version}`)
    process.exitCode = 2
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
