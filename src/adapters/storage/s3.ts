import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { seconds } from '#core'
import type { Config } from '../../config'
import { checkKey } from './key'
import type { Storage } from './port'
import { ifMissing, timeFor, translate } from './s3-errors'
import { PART, putInParts } from './s3-parts'

/** How long a connection and a first answer may take. */
const CONNECT_TIMEOUT = seconds(2)
const ANSWER_TIMEOUT = seconds(4)
/** A second try within the same request; more belongs to the caller. */
const ATTEMPTS = 2
/** Keys that one page of a listing holds. */
const PAGE = 1000
/** Each part has a limit of its own. */
const PATIENT = 0

export type S3Settings = NonNullable<Config['s3']>

/** Objects in a bucket of any S3 that speaks signature v4. The library (60 ms, 20 MB) is loaded with the first use. */
export const s3Storage = (settings: S3Settings): Storage => {
  const Bucket = settings.bucket
  let client: Promise<S3Client> | undefined
  const connect = async () => {
    client ??= open(settings)
    return { s3: await client, sdk: await import('@aws-sdk/client-s3') }
  }
  /** Runs `work` with a time limit that fits the bytes it moves. Throws Failures only. */
  const call = async <T>(
    bytes: number,
    work: (sdk: Awaited<ReturnType<typeof connect>>, limit: Limit) => Promise<T>,
  ) => {
    const { sdk, s3 } = await connect()
    try {
      return await work({ sdk, s3 }, { abortSignal: AbortSignal.timeout(timeFor(bytes)) })
    } catch (error) {
      throw translate(error)
    }
  }

  return {
    driver: 's3',

    async put(key, body, { type, size } = {}) {
      checkKey(key)
      const place = { Bucket, Key: key, ContentType: type }
      if (body instanceof ReadableStream) {
        const source = watched(body)
        return source.guard(async () => {
          if (size === undefined) return { size: await call(PATIENT, (s3) => putInParts(s3, place, source.chunks)) }
          const input = { ...place, Body: Readable.from(source.chunks), ContentLength: size }
          await call(size, ({ s3, sdk }, limit) => s3.send(new sdk.PutObjectCommand(input), limit))
          return { size }
        })
      }
      // Too large to be held, and for one request: the limit of S3 is 5 GB.
      if (body instanceof Blob && body.size > PART)
        return { size: await call(PATIENT, (s3) => putInParts(s3, place, body.stream())) }
      const Body = body instanceof Blob ? await body.bytes() : body
      const input = { ...place, Body, ContentLength: Body.byteLength }
      await call(Body.byteLength, ({ s3, sdk }, limit) => s3.send(new sdk.PutObjectCommand(input), limit))
      return { size: Body.byteLength }
    },

    async get(key, range) {
      checkKey(key)
      const Range = range && `bytes=${range.start}-${range.end}`
      // Only the answer has a limit: whoever takes the content may be slow.
      const found = await call(0, ({ s3, sdk }) =>
        s3.send(new sdk.GetObjectCommand({ Bucket, Key: key, Range })).catch(ifMissing),
      )
      if (!found?.Body) return undefined
      const whole = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1]
      return { size: Number(whole ?? found.ContentLength ?? 0), body: found.Body.transformToWebStream() }
    },

    async head(key) {
      checkKey(key)
      const found = await call(0, ({ s3, sdk }, limit) =>
        s3.send(new sdk.HeadObjectCommand({ Bucket, Key: key }), limit).catch(ifMissing),
      )
      return found && { size: found.ContentLength ?? 0 }
    },

    async delete(key) {
      checkKey(key)
      await call(0, ({ s3, sdk }, limit) =>
        s3.send(new sdk.DeleteObjectCommand({ Bucket, Key: key }), limit).catch(ifMissing),
      )
    },

    async *list(prefix) {
      let ContinuationToken: string | undefined
      do {
        const page = await call(0, ({ s3, sdk }, limit) =>
          s3.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: PAGE, ContinuationToken }), limit),
        )
        for (const { Key } of page.Contents ?? []) if (Key) yield Key
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
    },

    async presignPut(key, { type, size, expiresIn }) {
      checkKey(key)
      const { s3, sdk } = await connect()
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
      const command = new sdk.PutObjectCommand({ Bucket, Key: key, ContentType: type, ContentLength: size })
      // Both are part of the signature: other content than was declared does not get in.
      const signableHeaders = new Set(['host', 'content-type', 'content-length'])
      const url = await getSignedUrl(s3, command, { expiresIn, signableHeaders })
      return { url, method: 'PUT', headers: { 'content-type': type, 'content-length': String(size) } }
    },

    async ping() {
      await call(0, ({ s3, sdk }, limit) => s3.send(new sdk.HeadBucketCommand({ Bucket }), limit))
    },

    close: () => void client?.then((s3) => s3.destroy()),
  }
}

interface Limit {
  abortSignal: AbortSignal
}

const open = async ({ endpoint, region, accessKeyId, secretAccessKey }: S3Settings): Promise<S3Client> => {
  const { S3Client } = await import('@aws-sdk/client-s3')
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // The checksums that the SDK adds by itself break on stores other than Amazon's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    // It would write to the console by itself.
    logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, requestTimeout: ANSWER_TIMEOUT, throwOnRequestTimeout: true },
  })
}

const ignore = () => {}

/** A stream that breaks off is its maker's fault, not the store's: `guard` throws what the stream threw. */
const watched = (stream: ReadableStream<Uint8Array>) => {
  let broken: { error: unknown } | undefined
  const read = async function* () {
    try {
      yield* stream
    } catch (error) {
      broken = { error }
      throw error
    }
  }
  const guard = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      throw broken ? broken.error : error
    })
  return { chunks: read(), guard }
}
