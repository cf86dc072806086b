import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, setPriority } from 'node:os'
import { seconds } from '#core'

const TASKS = '/proc/self/task'
/** Below the serving thread at 0, above the processes for backups and exports at 19. */
const NICENESS = 10
/** About 15 ms of work in a megabyte. */
const BUSY = { algorithm: 'argon2id', memoryCost: 1024, timeCost: 20 } as const
const PATIENCE = seconds(5)

/**
 * Has Bun's pool threads, which hash passwords, work on pictures and copy files, live on what the serving thread leaves:
 * on a busy machine an answer must not wait for a sign-in. Only Linux tells threads apart; elsewhere nothing happens.
 */
export const lowerPool = async () => {
  const cores = availableParallelism()
  for (const since = performance.now(); performance.now() - since < PATIENCE; ) {
    // It makes its threads when there is more to do than those can that it has.
    await Promise.all(Array.from({ length: cores }, () => Bun.password.hash('anything', BUSY)))
    const threads = poolThreads()
    for (const thread of threads ?? []) setPriority(thread, NICENESS)
    if (threads === undefined || threads.length >= cores) return
  }
}

const poolThreads = (): number[] | undefined => {
  try {
    return readdirSync(TASKS)
      .filter((thread) => readFileSync(`${TASKS}/${thread}/comm`, 'utf8').startsWith('Bun Pool'))
      .map(Number)
  } catch {
    return undefined
  }
}
