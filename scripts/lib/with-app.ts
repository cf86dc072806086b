import { closeApp, openApp } from '../../src/app'
import { ConfigError, loadConfig } from '../../src/config'
import { type App, type Context, Failure, systemContext } from '../../src/core'

/** What went wrong, for the person at the terminal. */
export class Refusal extends Error {}

/** Runs `work`; one clear line and exit code 1 on failure. */
export const clearly = async (work: () => Promise<void>) => {
  try {
    await work()
  } catch (error) {
    const expected = error instanceof Failure || error instanceof Refusal || error instanceof ConfigError
    const fields = error instanceof Failure ? (error.details.errors ?? []).map(({ message }) => ` It ${message}.`) : []
    const message = error instanceof Error ? error.message : String(error)
    // One line is for the person at the terminal; where it was thrown is for whoever looks for a bug.
    if (!expected && process.env.LOG_LEVEL === 'debug') console.error(error)
    else console.error(`${message}${fields.join('')}${expected ? '' : ' (LOG_LEVEL=debug tells where.)'}`)
    process.exit(1)
  }
}

/** Opens the App the way the server does, runs `work` as the system, closes it. One clear line and exit code 1 on failure. */
export const withApp = (name: string, work: (ctx: Context, app: App) => Promise<void>) =>
  clearly(async () => {
    const app = await openApp(loadConfig({ LOG_LEVEL: 'warn', ...process.env }))
    try {
      await work(systemContext(app, name), app)
    } finally {
      await closeApp(app)
    }
  })
