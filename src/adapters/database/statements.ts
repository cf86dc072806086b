import type { Builder, Reader } from './port'

/** Builds each hot statement once for the connection that `db` stands for. */
export const remember = (db: Builder): Reader['statement'] => {
  const built = new Map<unknown, unknown>()
  return <S>(build: (db: Builder) => S) => {
    // Keyed by the function that made it, so it is what that function returns.
    if (built.has(build)) return built.get(build) as S
    const made = build(db)
    built.set(build, made)
    return made
  }
}

/** Drizzle's own `get` answers an array of values on one driver and fails without a row on the other; ours answers a row. */
export const withRows = (db: Builder): Builder => {
  const all = db.all.bind(db)
  return Object.assign(db, { get: async (query: Parameters<typeof all>[0]) => (await all(query))[0] })
}
