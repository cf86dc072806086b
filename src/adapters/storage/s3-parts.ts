import type * as Sdk from '@aws-sdk/client-s3'
import { timeFor } from './s3-errors'

/** Bytes of a part: memory that one stream takes. S3 allows 10,000 parts, so 80 GB. */
export const PART = 8 * 1024 * 1024

interface Place {
  Bucket: string
  Key: string
  ContentType: string | undefined
}

/** Stores a stream whose length nobody knows, part by part. Nothing of it stays when it breaks off. */
export const putInParts = async (
  { s3, sdk }: { s3: Sdk.S3Client; sdk: typeof Sdk },
  { ContentType, ...place }: Place,
  stream: AsyncIterable<Uint8Array>,
): Promise<number> => {
  const limit = (bytes: number) => ({ abortSignal: AbortSignal.timeout(timeFor(bytes)) })
  const parts: Sdk.CompletedPart[] = []
  let size = 0
  let upload: Sdk.CreateMultipartUploadCommandOutput | undefined
  try {
    for await (const Body of pieces(stream)) {
      // What fits into one part goes in one request.
      if (Body.byteLength < PART && !upload) {
        await s3.send(new sdk.PutObjectCommand({ ...place, Body, ContentType }), limit(Body.byteLength))
        return Body.byteLength
      }
      upload ??= await s3.send(new sdk.CreateMultipartUploadCommand({ ...place, ContentType }), limit(0))
      const PartNumber = parts.length + 1
      const input = { ...place, UploadId: upload.UploadId, PartNumber, Body }
      const { ETag } = await s3.send(new sdk.UploadPartCommand(input), limit(Body.byteLength))
      parts.push({ ETag, PartNumber })
      size += Body.byteLength
    }
    const input = { ...place, UploadId: upload?.UploadId, MultipartUpload: { Parts: parts } }
    await s3.send(new sdk.CompleteMultipartUploadCommand(input), limit(size))
    return size
  } catch (error) {
    const abort = new sdk.AbortMultipartUploadCommand({ ...place, UploadId: upload?.UploadId })
    if (upload) await s3.send(abort, limit(0)).catch(() => undefined)
    throw error
  }
}

/** The same bytes in pieces of one size; the last one is shorter, and there is always one. */
async function* pieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(PART)
  let filled = 0
  let any = false
  for await (let chunk of stream) {
    while (chunk.byteLength > 0) {
      const taken = chunk.subarray(0, PART - filled)
      piece.set(taken, filled)
      filled += taken.byteLength
      chunk = chunk.subarray(taken.byteLength)
      if (filled < PART) continue
      yield piece
      any = true
      piece = new Uint8Array(PART)
      filled = 0
    }
  }
  if (filled > 0 || !any) yield piece.subarray(0, filled)
}
