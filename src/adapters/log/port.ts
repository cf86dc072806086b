type Fields = Record<string, unknown>

/** One JSON line per call. Secrets are redacted by key; never put one in the message. */
export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
  /** A line whose fields are known to hold no secret: skips the redaction. For the access log, which is hot. */
  access(fields: Fields): void
  child(fields: Fields): Log
}
