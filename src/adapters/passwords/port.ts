export interface Passwords {
  /** Hashes off the serving thread. Throws a Failure `overloaded` (unavailable) when too many wait already. */
  hash(password: string): Promise<string>
  /**
   * True if the password made this hash. Without a hash it works just as long and answers false, so that time does not
   * tell whether an account exists. Throws `overloaded` like `hash`.
   */
  verify(password: string, hash: string | undefined): Promise<boolean>
  /** True if the hash was made with other parameters than today's. */
  outdated(hash: string): boolean
}

/** Argon2 costs: memory in KiB, passes. */
export interface HashingCost {
  memoryCost: number
  timeCost: number
}
