export interface StoredObject {
  size: number
  /** For objects on disk this is a lazy `Bun.file`. */
  body: Blob
}

export interface Storage {
  readonly driver: string
  put(
    key: string,
    body: Blob | Uint8Array | ReadableStream<Uint8Array>,
    options?: { type?: string },
  ): Promise<{ size: number }>
  /** Nothing if there is no such object. */
  get(key: string): Promise<StoredObject | undefined>
  delete(key: string): Promise<void>
  /** Keys under a prefix, in order, without loading them all. */
  list(prefix: string): AsyncIterable<string>
  /** Throws if it cannot be used. */
  ping(): Promise<void>
}
