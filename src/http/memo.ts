/**
 * Remembers answers of a pure function: at least the last `size` of them, at most twice as many, whatever strangers
 * send. Two generations instead of a list: when the young one is full, the old one goes.
 */
export const memo = <T extends string | object>(size: number, compute: (key: string) => T): ((key: string) => T) => {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (key) => {
    const hit = young.get(key)
    if (hit !== undefined) return hit
    const value = old.get(key) ?? compute(key)
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(key, value)
    return value
  }
}
