/** A page of rows as verbs return it and lists answer it. */
export interface Page<T> {
  data: T[]
  meta: { limit: number; nextCursor: string | null; total?: number; page?: number; totalPages?: number }
}
