import { REOPEN, seconds, systemContext } from '#core'
import { ConfigError, loadConfig } from './config'
import { lowerPool } from './priority'

/** How long requests in flight and running jobs get to end after a stop signal. `fly.toml` allows more. */
const DRAIN_DEADLINE = seconds(20)

const start = async () => {
  const config = loadConfig()
  // Only now: bad settings are told of before the rest is loaded.
  const [{ createApi, createProbes }, { closeApp, openApp }, { banner }, { serve }] = await Promise.all([
    import('./api'),
    import('./app'),
    import('./banner'),
    import('./serve'),
  ])
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

/** What is wrong in one line; where it was thrown below that, unless it is a setting. */
const fail = (error: unknown) => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  console.error(error instanceof ConfigError ? message : `It cannot start: ${message}\n${framesOf(stack)}`)
  process.exit(1)
}

const framesOf = (stack = '') => stack.slice(Math.max(0, stack.search(/^\s+at /m)))

start().catch(fail)
