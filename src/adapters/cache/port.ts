export interface CacheOptions {
  /** Milliseconds that the value is fresh. */
  ttl: number
  /** Milliseconds that a stale value may still be served while a new one is made, or when making one fails. */
  grace?: number
  tags?: string[]
}

export interface Cache {
  readonly driver: string
  /** The value under `key`, or what `load` returns; concurrent callers share one load. */
  getOrSet<T>(key: string, load: () => Promise<T>, options: CacheOptions): Promise<T>
  delete(key: string): Promise<void>
  deleteByTag(...tags: string[]): Promise<void>
  close(): Promise<void>
}
