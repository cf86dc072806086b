import { openStorage, openVault } from '../../src/adapters/storage/open'
import type { Storage } from '../../src/adapters/storage/port'
import { systemClock } from '../../src/core'
import { about, type Check, type Finding, reasonOf } from './finding'

const { error } = about('storage')

/** Objects can be put, read and deleted in each bucket that is used. Leaves nothing behind. */
export const storage: Check = async ({ config }) => {
  if (!config.s3) return []
  const { bucket } = config.backup
  const found = [await rightsOf(await openStorage(config, systemClock), config.s3.bucket)]
  if (bucket && bucket !== config.s3.bucket) found.push(await rightsOf(await openVault(config, systemClock), bucket))
  return found.flat()
}

const rightsOf = async (store: Storage, bucket: string): Promise<Finding[]> => {
  const key = `doctor/${crypto.randomUUID()}`
  const steps: [string, () => Promise<unknown>][] = [
    ['put', () => store.put(key, new TextEncoder().encode('probe'))],
    ['read', async () => assertRead(await store.get(key))],
    ['deleted', () => store.delete(key)],
  ]
  try {
    for (const [done, step] of steps) {
      try {
        await step()
      } catch (problem) {
        return [
          error(
            `Objects cannot be ${done} in ${bucket}: ${reasonOf(problem)}`,
            'Check S3_ENDPOINT and the keys; they need PutObject, GetObject, DeleteObject and ListBucket.',
          ),
        ]
      }
    }
    return []
  } finally {
    store.close?.()
  }
}

const assertRead = async (object: Awaited<ReturnType<Storage['get']>>) => {
  if (!object) throw new Error('what was put is not there')
  if ((await new Response(object.body).text()) !== 'probe') throw new Error('what was read is not what was put')
}
