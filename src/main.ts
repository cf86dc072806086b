import { REOPEN, seconds, systemContext } from '#core'
import { createApi, createProbes } from './api'
import { closeApp, openApp } from './app'
import { banner } from './banner'
import { ConfigError, loadConfig } from './config'
import { lowerPool } from './priority'
import { serve } from './serve'

/** How long requests in flight and running jobs get to end after a stop signal. `fly.toml` allows more. */
const DRAIN_DEADLINE = seconds(20)

const start = async () => {
  const config = loadConfig()
  const create = config.mode === 'worker' ? createProbes : createApi
  const state = { draining: false }
  let app = await openApp(config)
  const server = config.listens ? serve(app, create(app, state)) : undefined

  const work = async () => {
    app.lifetime.signal.addEventListener('abort', () => {
      if (app.lifetime.signal.reason === REOPEN) reopening = reopen().catch(fail)
    })
    if (config.mode !== 'server') await app.queue.work()
  }
  /** Opens everything anew, as a restored backup wants it. Requests wait meanwhile, and are answered by the new App. */
  const reopen = async () => {
    app.log.info({}, 'opening everything anew')
    await Promise.all([server?.hold(DRAIN_DEADLINE), app.queue.drain(DRAIN_DEADLINE)])
    await closeApp(app)
    app = await openApp(config)
    server?.release(create(app, state))
    await work()
  }
  let reopening: Promise<void> | undefined

  const stop = async (signal: string) => {
    if (state.draining) return
    state.draining = true
    setTimeout(() => process.exit(1), DRAIN_DEADLINE + seconds(3)).unref()
    await reopening
    app.lifetime.abort()
    app.log.info({ signal }, 'stopping')
    await Promise.all([server?.drain(DRAIN_DEADLINE), app.queue.drain(DRAIN_DEADLINE)])
    await closeApp(app)
    process.exit(0)
  }
  await work()
  await banner(app, systemContext(app, 'start'), server?.url)
  void lowerPool().catch((error: unknown) =>
    app.log.warn({ error: String(error) }, 'hashing has the priority of serving'),
  )
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('unhandledRejection', (error) =>
    app.log.error({ error: String(error) }, 'a promise failed with nobody waiting for it'),
  )
}

const fail = (error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
}

start().catch(fail)
