import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCrowd, crowd } from './crowd'
import type { Contender } from './harness'
import { keel, type Prepared, prepareKeel } from './keel'
import type { Suite } from './suite'

export const PEOPLE = 1_000_000
export const SEED = 42

type Setup = Pick<Parameters<Suite['run']>[0], 'workdir' | 'profileDir' | 'say'>

/** Keel with 1,000,000 people and one admin, without limits by address; its data folder is made once for all suites of a run. */
export const crowdedKeel = async ({ workdir, profileDir, say }: Setup): Promise<Contender & { dataDir: string }> => {
  const prepared = await crowdedFolder(workdir, say)
  const own = keel(prepared, profileDir)
  // The account has become an admin since its token was made: it has to sign in again.
  const env = { ...own.env, RATE_LIMIT: 'off' }
  return { ...own, env, path: '/health/live', headers: {}, dataDir: prepared.dataDir }
}

const crowdedFolder = async (workdir: string, say: Setup['say']): Promise<Prepared> => {
  const note = join(workdir, 'crowded.json')
  if (existsSync(note)) return JSON.parse(readFileSync(note, 'utf8'))
  const prepared = await prepareKeel(workdir)
  say(`adding ${PEOPLE.toLocaleString('en')} people`)
  const took = addCrowd(prepared.dataDir, PEOPLE, crowd(SEED))
  say(`added in ${(took / 1000).toFixed(0)} s`)
  writeFileSync(note, JSON.stringify(prepared))
  return prepared
}
