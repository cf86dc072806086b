import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { hours } from '#core'
import { type TestApp, testApp } from '#tests'
import { hasS3, s3Server } from '../../../tests/support/s3'

const bucket = async () => (await s3Server()).bucket()

const upload = ({ as }: TestApp, content = 'hello') => {
  const form = new FormData()
  form.set('file', new File([content], 'a.txt'))
  return as.ada.post('/upload', form)
}
const left = async ({ app }: TestApp) => ({
  // At some hours the clock passes that of the nightly backup, which goes into the same bucket.
  keys: (await Array.fromAsync(app.storage.list(''))).filter((key) => !key.startsWith('backups/')),
  rows: await app.db.all('select id from files'),
  usage: await app.db.all('select bytes from file_usage'),
})
const nothing = { keys: [], rows: [], usage: [] }

// bar 165
test('a process that dies between object and row leaves nothing after the sweep', async () => {
  const started = await testApp()
  const { accessToken } = await started.as.ada.tokens()
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, '../../../tests/support/children/upload-and-die.ts'),
      started.config.dataDir,
      accessToken,
    ],
    {
      env: { NODE_ENV: 'test', SECRET_KEY: started.config.secrets[0] ?? '', APP_URL: started.config.appUrl },
      stderr: 'inherit',
    },
  )
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
  expect((await left(started)).keys).toHaveLength(1)
  expect((await started.as.ada.get('/files').json()).data).toEqual([])
  started.clock.advance(hours(2.1))
  await started.runJobs()
  expect(await left(started)).toEqual(nothing)
}, 30_000)

// bar 167
test('a full disk refuses the upload and nothing else, until there is space', async () => {
  const started = await testApp()
  await started.as.ada.user()
  const { put } = started.app.storage
  started.app.storage.put = (key) =>
    put(key, new ReadableStream({ start: (c) => c.error(Object.assign(new Error('full'), { code: 'ENOSPC' })) }))
  expect(await upload(started)).toRefuse(507, 'storage_full')
  expect(await left(started)).toEqual(nothing)
  expect((await started.as.ada.get('/files')).status).toBe(200)
  started.app.storage.put = put
  expect((await upload(started)).status).toBe(201)
})

/** Passes connections on to the store, or does what a broken one does. */
const proxyTo = (target: string) => {
  let mode: 'pass' | 'refuse' | 'silent' = 'pass'
  const proxy = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      if (mode === 'refuse') return new Response('<Error><Code>InternalError</Code></Error>', { status: 500 })
      if (mode === 'silent') return new Promise<Response>(() => {})
      const { pathname, search } = new URL(request.url)
      return fetch(target + pathname + search, {
        method: request.method,
        headers: request.headers,
        body: await request.bytes(),
        decompress: false,
      })
    },
  })
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    become: (next: typeof mode) => {
      mode = next
    },
    stop: () => proxy.stop(true),
  }
}

describe.skipIf(!hasS3)('with S3', () => {
  test('a file goes in, comes out in parts, goes direct, and is gone', async () => {
    const started = await testApp({ env: await bucket() })
    const { as, runJobs } = started
    const { id } = await upload(started, '0123456789').json()
    const part = await as.ada.get(`/files/${id}/content`, { headers: { range: 'bytes=2-4' } })
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10'])
    const announced = await as.ada.post('/upload/presign', { name: 'b.txt', mimeType: 'text/plain', size: 5 }).json()
    const put = (body: string, headers = {}) =>
      fetch(announced.url, { method: 'PUT', headers: { ...announced.headers, ...headers }, body })
    // bar 155
    expect((await put('hello, more', { 'content-length': '11' })).status).toBe(403)
    expect((await put('hello', { 'content-type': 'text/html' })).status).toBe(403)
    expect((await put('hello')).status).toBe(200)
    const direct = await as.ada.post(`/upload/${announced.id}/complete`).json()
    expect((await as.ada.get(`/files/${direct.id}/content`)).text).toBe('hello')
    for (const file of [id, direct.id]) expect((await as.ada.delete(`/files/${file}`)).status).toBe(204)
    await runJobs()
    expect(await left(started)).toEqual(nothing)
  }, 60_000)

  // bar 166
  test('that is down, an upload says so in time and leaves nothing; a deletion is made up for', async () => {
    const env = await bucket()
    const proxy = proxyTo(env.S3_ENDPOINT)
    try {
      // A signature covers the host: what was sent through the proxy counts at the gateway by its own name.
      const started = await testApp({ env: { ...env, S3_ENDPOINT: proxy.url } })
      const { as, runJobs, outside, clock } = started
      const { id } = await upload(started).json()
      for (const mode of ['refuse', 'silent'] as const) {
        proxy.become(mode)
        const from = performance.now()
        const refused = await upload(started)
        expect(refused).toRefuse(503, 'storage_unavailable')
        expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(5)
        expect(performance.now() - from).toBeLessThan(11_000)
        expect((await as.ada.get('/files').json()).data).toHaveLength(1)
        expect(await as.ada.get(`/files/${id}/content`)).toRefuse(503, 'storage_unavailable')
        expect((await outside.get('/health/live')).status).toBe(200)
      }
      proxy.become('refuse')
      expect((await as.ada.delete(`/files/${id}`)).status).toBe(204)
      await runJobs()
      proxy.become('pass')
      clock.advance(hours(2.1))
      await runJobs()
      expect(await left(started)).toEqual(nothing)
    } finally {
      proxy.stop()
    }
  }, 90_000)
})
