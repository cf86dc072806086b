import { createApi } from '../../../src/api'
import { openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'

/** Uploads a file over the API and is dead once its object is stored: before the row says so. */
const [dataDir = '', accessToken = ''] = process.argv.slice(2)
const config = loadConfig({ ...process.env, DATA_DIR: dataDir })
const app = await openApp(config)
const put = app.storage.put
app.storage.put = async (...args) => {
  await put(...args)
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}
const form = new FormData()
form.set('file', new File(['half way'], 'a.txt'))
const headers = { authorization: `Bearer ${accessToken}` }
const request = new Request(`${config.appUrl}/api/v1/upload`, { method: 'POST', body: form, headers })
const reply = await createApi(app).fetch(request)
process.stdout.write(await reply.text())
