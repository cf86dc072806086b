/**
 * What makes deleting cheap and sure: a value is kept under its key and the versions of that key and of its tags, and
 * deleting gives one of them a new version. Nobody asks for the old one again, even if it was being loaded meanwhile.
 */
export interface Versions {
  /** The versions of these names, in their order. */
  of(names: readonly string[]): Promise<readonly string[]>
  renew(names: readonly string[]): Promise<void>
}
