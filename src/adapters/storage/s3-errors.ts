import { Failure, seconds } from '#core'

/** Seconds after which it is worth trying again. */
const RETRY_AFTER = 5

/** How an answer of S3 names what is not there. */
const MISSING = ['NoSuchKey', 'NotFound']
const FULL = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull']

/** For a catch: nothing if the object is not there; anything else is thrown on. */
export const ifMissing = (error: unknown): undefined => {
  if (error instanceof Error && MISSING.includes(error.name)) return undefined
  throw error
}

/** Whatever is wrong with the store, the caller can only wait; what it was stays in `cause` for the log. */
export const translate = (error: unknown): unknown => {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const failure = FULL.includes(error.name)
    ? new Failure('storage_full', 'storage_full', 'There is no space left to store this.')
    : new Failure('unavailable', 'storage_unavailable', 'The file store does not answer. Try again in a moment.', {
        retryAfter: RETRY_AFTER,
      })
  return Object.assign(failure, { cause: error })
}

/** Milliseconds that a request with so many bytes of content may take: slow, but not for ever. */
export const timeFor = (bytes: number) => seconds(5) + (bytes / SLOWEST) * seconds(1)

/** Bytes a second below which a store counts as gone. */
const SLOWEST = 1024 * 1024
