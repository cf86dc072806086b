import { type ParseArgsConfig, parseArgs } from 'node:util'
import { closeApp, openApp } from '../../src/app'
import { ConfigError, loadConfig } from '../../src/config'
import { type App, type Context, Failure, systemContext } from '../../src/core'

type Options = NonNullable<ParseArgsConfig['options']>

/** What went wrong, for the person at the terminal. */
export class Refusal extends Error {}

/** Reads the command line; prints the help and ends on `--help`, one line and exit code 2 on a word it does not know. */
export const readArguments = <const O extends Options>(help: string, options: O, allowPositionals = false) => {
  try {
    const parsed = parseArgs({ options: { ...options, help: { type: 'boolean' } }, allowPositionals })
    if (!('help' in parsed.values && parsed.values.help)) return parsed
    console.log(help)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee --help.`)
    process.exit(2)
  }
}

/** Opens the App the way the server does, runs `work` as the system, closes it. One clear line and exit code 1 on failure. */
export const withApp = async (name: string, work: (ctx: Context, app: App) => Promise<void>) => {
  try {
    const app = await openApp(loadConfig({ LOG_LEVEL: 'warn', ...process.env }))
    try {
      await work(systemContext(app, name), app)
    } finally {
      await closeApp(app)
    }
  } catch (error) {
    const expected = error instanceof Failure || error instanceof Refusal || error instanceof ConfigError
    const fields = error instanceof Failure ? (error.details.errors ?? []).map(({ message }) => ` It ${message}.`) : []
    console.error(expected ? `${error.message}${fields.join('')}` : error)
    process.exit(1)
  }
}
