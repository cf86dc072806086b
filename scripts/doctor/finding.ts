import type { Config } from '../../src/config'

/** What a check has found: an error has to be dealt with, a warning to be known. `cure` says what to do about it. */
export interface Finding {
  level: 'error' | 'warning'
  /** Which part: settings, database, mail, … */
  about: string
  says: string
  cure: string
}

/** What is asked for TXT records; `node:dns/promises` fits. */
export interface Resolver {
  resolveTxt(name: string): Promise<string[][]>
}

/** What a check reads beside the settings. Tests plant their faults here. */
export interface Surroundings {
  env: Record<string, string | undefined>
  resolver: Resolver
  now: () => Date
  /** Text of `/proc/self/mountinfo`; empty where there is none. */
  mounts: () => string
  /** Bytes left and in all on the disk that holds a folder. */
  space: (folder: string) => { free: number; total: number }
  fetch: (url: string) => Promise<Response>
  /** The selector that mail is signed under, where it is not Resend's. */
  dkimSelector?: string | undefined
}

export interface Subject extends Surroundings {
  config: Config
}

export type Check = (subject: Subject) => Promise<Finding[]> | Finding[]

/** Both kinds of finding about one part. */
export const about = (part: string) => ({
  error: (says: string, cure: string): Finding => ({ level: 'error', about: part, says, cure }),
  warning: (says: string, cure: string): Finding => ({ level: 'warning', about: part, says, cure }),
})

/** What an error says, in one line, with what was behind it. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const says = (error.message || error.name).split('\n')[0] ?? ''
  return error.cause instanceof Error ? `${says} (${error.cause.name}: ${reasonOf(error.cause)})` : says
}
