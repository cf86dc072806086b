import { seconds, systemContext } from '#core'
import { createApi, createProbes } from './api'
import { closeApp, openApp } from './app'
import { banner } from './banner'
import { ConfigError, loadConfig } from './config'
import { serve } from './serve'

/** How long requests in flight and running jobs get to end after a stop signal. `fly.toml` allows more. */
const DRAIN_DEADLINE = seconds(20)

const start = async () => {
  const config = loadConfig()
  const app = await openApp(config)
  const state = { draining: false }
  const create = config.mode === 'worker' ? createProbes : createApi
  const server = config.listens ? serve(app, create(app, state)) : undefined
  if (config.mode !== 'server') await app.queue.work()
  await banner(app, systemContext(app, 'start'), server?.url)

  const stop = async (signal: string) => {
    if (state.draining) return
    state.draining = true
    app.lifetime.abort()
    app.log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), DRAIN_DEADLINE + seconds(3)).unref()
    await Promise.all([server?.drain(DRAIN_DEADLINE), app.queue.drain(DRAIN_DEADLINE)])
    await closeApp(app)
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('unhandledRejection', (error) =>
    app.log.error({ error: String(error) }, 'a promise failed with nobody waiting for it'),
  )
}

start().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
})
