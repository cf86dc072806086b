import type { Section } from './report'

/** What a suite is given: where to work, how thoroughly, and how to tell what it is doing. */
interface Setup {
  rounds: number
  /** Length of one turn in seconds. */
  seconds: number
  /** A temporary folder that is removed in the end. */
  workdir: string
  /** Where CPU profiles of Keel are to be left, if they are wanted. */
  profileDir: string | undefined
  say: (line: string) => void
}

/** One question about speed. A file in `suites/` and a line in `run.ts`. */
export interface Suite {
  /** One line for the help. */
  summary: string
  run(setup: Setup): Promise<Section>
}
