import { mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, digest, newId } from '#core'
import { checked } from './envelope'
import type { InboxMail, Mailer } from './port'

/** Mails that are kept; the oldest go first. */
const KEEP = 1000

interface InboxSettings {
  folder: string
  clock: Clock
  keep?: number
}

/**
 * The development inbox: one file per mail, sends nothing. A name is `<UUIDv7>.<hash of the key>.json`, so names sort by
 * arrival and tell a repeated key without being opened.
 */
export const inboxMailer = ({ folder, clock, keep = KEEP }: InboxSettings): Mailer => {
  const names = async () => {
    const all = await readdir(folder).catch(() => [])
    return all.filter((name) => name.endsWith('.json')).sort()
  }
  const store = async ({ to, subject, html, text, template, idempotencyKey }: ReturnType<typeof checked>) => {
    // Links in the mails open accounts: for the owner of the process only.
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const suffix = `.${digest(idempotencyKey)}.json`
    const kept = await names()
    const known = kept.find((name) => name.endsWith(suffix))
    if (known) return { id: idOf(known) }
    const id = newId()
    const mail: InboxMail = { id, to, subject, html, text, template, createdAt: clock.now().toISOString() }
    const draft = join(folder, `${id}.tmp`)
    await writeFile(draft, JSON.stringify(mail), { mode: 0o600 })
    await rename(draft, join(folder, id + suffix))
    await Promise.all(kept.slice(0, Math.max(0, kept.length + 1 - keep)).map((name) => remove(join(folder, name))))
    return { id }
  }
  // One after the other, so that two sends with one key cannot both find nothing.
  let last: Promise<unknown> = Promise.resolve()
  return {
    driver: 'inbox',
    send(mail) {
      const sent = last.then(() => store(checked(mail)))
      last = sent.catch(() => undefined)
      return sent
    },
    async inbox() {
      const mails = await Promise.all((await names()).reverse().map((name) => read(join(folder, name))))
      return mails.filter((mail) => mail !== undefined)
    },
  }
}

const idOf = (name: string) => name.slice(0, name.indexOf('.'))

// Another process of the same folder may have tidied up meanwhile.
const remove = (path: string) => unlink(path).catch(() => undefined)
const read = (path: string): Promise<InboxMail | undefined> =>
  Bun.file(path)
    .json()
    .catch(() => undefined)
