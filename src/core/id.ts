/** A new UUIDv7 (RFC 9562): unique, and sorted by the time it was made. */
export const newId = (): string => Bun.randomUUIDv7()
