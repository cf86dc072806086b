import { type ParseArgsConfig, parseArgs } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

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
