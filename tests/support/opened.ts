interface Closeable {
  close: () => Promise<void>
  /** Stays open until the end of the run, for a whole file's use. */
  shared: boolean
}

const opened = new Set<Closeable>()

/** Remembers what has to be closed after the test. */
export const remember = (thing: Closeable) => void opened.add(thing)

/** Closes what the last test opened; at the end of the run everything. */
export const closeOpened = async ({ shared }: { shared: boolean }) => {
  for (const thing of opened) {
    if (thing.shared && !shared) continue
    opened.delete(thing)
    await thing.close()
  }
}
