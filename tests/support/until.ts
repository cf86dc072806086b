/** Looks again and again until there is something, and returns it; the test's time limit ends it. For what really takes time. */
export const until = async <T>(find: () => Promise<T> | T, pause = 10): Promise<NonNullable<T>> => {
  for (;;) {
    const found = await find()
    if (found !== undefined && found !== null && found !== false) return found
    await Bun.sleep(pause)
  }
}
