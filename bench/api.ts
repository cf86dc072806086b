import type { Running } from './harness'
import { signIn } from './keel'

const LOOK = 50
const PATIENCE = 600_000

/** Keel as its admin uses it, with a token of now. */
export const apiOf = async ({ port }: Running) => {
  const url = `http://127.0.0.1:${port}/api/v1`
  const headers = { authorization: `Bearer ${await signIn(`http://127.0.0.1:${port}`)}` }
  const ask = async (method: string, path: string, body?: object | FormData) => {
    const form = body instanceof FormData
    const reply = await fetch(url + path, {
      method,
      headers: form ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body && { body: form ? body : JSON.stringify(body) }),
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`Keel answered ${method} ${path} with ${reply.status}: ${text.slice(0, 200)}`)
    return text === '' ? {} : JSON.parse(text)
  }
  /** Asks for something that is made aside until it is over. Throws when it has failed. */
  const untilDone = async <T extends { status: string }>(look: () => Promise<T | undefined>): Promise<T> => {
    for (const since = performance.now(); performance.now() - since < PATIENCE; await Bun.sleep(LOOK)) {
      const found = await look()
      if (found?.status === 'completed') return found
      if (found?.status === 'failed') throw new Error(`It failed: ${JSON.stringify(found)}`)
    }
    throw new Error('It was never finished')
  }
  return { url, headers, ask, untilDone }
}

export type Api = Awaited<ReturnType<typeof apiOf>>

/** Has everybody written into a file, and waits for it. */
export const exportPeople = async ({ ask, untilDone }: Api, format: 'csv' | 'json' | 'ndjson') => {
  const { id } = await ask('POST', '/export/users', { format, email: false })
  return untilDone<{ status: string; rows: number; size: number }>(() => ask('GET', `/export/${id}`))
}

/** Makes a backup, and waits for it. */
export const backUp = async ({ ask, untilDone }: Api) => {
  const { id } = await ask('POST', '/admin/backup')
  return untilDone<{ id: string; status: string; size: number }>(async () => {
    const { data } = await ask('GET', '/admin/backups?limit=100')
    return data.find((each: { id: string }) => each.id === id)
  })
}
