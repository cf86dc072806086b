/** Rows that an insert, update or delete without `returning` has changed. */
export const changed = (result: unknown): number => {
  if (typeof result !== 'object' || result === null) return 0
  if ('changes' in result) return Number(result.changes)
  return 'rowsAffected' in result ? Number(result.rowsAffected) : 0
}
