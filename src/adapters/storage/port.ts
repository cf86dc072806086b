export type Body = Blob | Uint8Array | ReadableStream<Uint8Array>

export interface PutOptions {
  /** Media type that the store keeps with the object. */
  type?: string
  /** Bytes that a stream will have; a store that has to know may refuse a stream without it. */
  size?: number
}

/** Part of an object: from byte `start` to byte `end`, both included, counted from 0. */
export interface ByteRange {
  start: number
  end: number
}

export interface StoredObject {
  /** Of the whole object, also where only a part was asked for. */
  size: number
  /** For objects on disk a lazy `Bun.file`. Read it once, or cancel it. */
  body: Blob | ReadableStream<Uint8Array>
}

/** What a client is allowed to put by itself, straight into the store. */
export interface DirectUpload {
  type: string
  /** Exactly as many bytes. */
  size: number
  /** Seconds from now. */
  expiresIn: number
}

export interface SignedRequest {
  url: string
  method: 'PUT'
  /** To be sent as they are: the signature covers them. */
  headers: Record<string, string>
}

/** Where objects are kept. Throws a Failure `storage_unavailable` when it does not answer, `storage_full` when it is full. */
export interface Storage {
  readonly driver: string
  /** The object appears whole or not at all, and is safe when this resolves. A `Bun.file` of any size takes no memory. */
  put(key: string, body: Body, options?: PutOptions): Promise<{ size: number }>
  /** Nothing if there is no such object. A range has to lie within the object. */
  get(key: string, range?: ByteRange): Promise<StoredObject | undefined>
  /** The size without the content. Nothing if there is no such object. */
  head(key: string): Promise<{ size: number } | undefined>
  /** Deleting what is not there does no harm. */
  delete(key: string): Promise<void>
  /** Keys under a prefix, in the order of their bytes, without loading them all. */
  list(prefix: string): AsyncIterable<string>
  /** Lets a client put one object by itself. A store without it has no door of its own to the outside. */
  presignPut?(key: string, upload: DirectUpload): Promise<SignedRequest>
  /** Throws if it cannot be used. */
  ping(): Promise<void>
  close?(): void
}
