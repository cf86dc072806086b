import { openQueue } from '#adapters/queue/open'
import { type App, seconds } from '#core'
import { createApi, createProbes } from '../../../src/api'
import { closeApp, openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'
import { serve } from '../../../src/serve'

/**
 * The whole house as `src/main.ts` runs it, to be killed: all that differs is that a worker which is gone is missed
 * after less than a second. Says where it listens.
 */
const config = loadConfig()
const base = await openApp(config)
const queue = openQueue({ ...base, app: () => app }, { lease: 600, poll: 50 })
const app: App = { ...base, queue }
const create = config.mode === 'worker' ? createProbes : createApi
const server = serve(app, create(app, { draining: false }))
if (config.mode !== 'server') await queue.work()
process.on('SIGTERM', async () => {
  await Promise.all([server.drain(seconds(2)), queue.drain(seconds(2))])
  await closeApp(app)
  process.exit(0)
})
process.stdout.write(`${server.url}\n`)
