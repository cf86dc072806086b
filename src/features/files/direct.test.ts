import { describe, expect, test } from 'bun:test'
import { hours, minutes } from '#core'
import { testApp } from '#tests'
import { bytesOf, photo } from './pictures.test.kit'

type Bytes = Uint8Array<ArrayBuffer>

const stage = async (env: Record<string, string> = {}) => {
  const started = await testApp({ env })
  const presign = (body: object) => started.as.ada.post('/upload/presign', body)
  /** Sends the content as a client would: to the URL, with the headers, and no credential. */
  const put = (announced: { url: string; headers: Record<string, string> }, content: Bytes, headers = {}) =>
    started.anon.put(announced.url.replace(`${started.config.appUrl}/api/v1`, ''), content, {
      headers: { ...announced.headers, ...headers },
    })
  const keys = () => Array.fromAsync(started.app.storage.list(''))
  const usage = async () => (await started.app.db.all<{ bytes: number }>('select bytes from file_usage'))[0]?.bytes ?? 0
  return { ...started, presign, put, keys, usage }
}

describe('a presigned upload', () => {
  test('is announced, sent, checked, and then a file like any other', async () => {
    const { as, presign, put, keys, usage } = await stage()
    const content = await photo(800, 600)
    const announced = await presign({ name: 'a.jpg', mimeType: 'image/jpeg', size: content.length }).json()
    expect(announced).toMatchObject({ method: 'PUT', headers: { 'content-type': 'image/jpeg' } })
    expect(await usage()).toBe(content.length)
    expect(await as.ada.get(`/files/${announced.id}`)).toRefuse(404, 'file_not_found')
    expect(await as.ada.post(`/upload/${announced.id}/complete`)).toRefuse(409, 'upload_incomplete')
    expect((await put(announced, content)).status).toBe(204)
    const file = await as.ada.post(`/upload/${announced.id}/complete`).json()
    expect(file).toMatchObject({ id: announced.id, name: 'a.jpg', width: 800, height: 600 })
    expect(await usage()).toBe(file.size)
    expect(await keys()).toEqual([`files/${file.id}/original`])
    expect(await as.ada.post(`/upload/${announced.id}/complete`).json()).toEqual(file)
    // The URL is still good for a while, but for nothing any more.
    expect(await put(announced, content)).toRefuse(403, 'invalid_link')
  })

  test('completed 20 times at once becomes one file', async () => {
    const { as, presign, put, race } = await stage({ RATE_LIMIT: 'off' })
    const announced = await presign({ name: 'a.txt', mimeType: 'text/plain', size: 5 }).json()
    await put(announced, bytesOf('hello'))
    const replies = await race(20, () => ({ as: as.ada, path: `/upload/${announced.id}/complete` }))
    for (const reply of replies) if (reply.status !== 200) expect(reply).toRefuse(409, 'upload_in_progress')
    expect(replies.some(({ status }) => status === 200)).toBe(true)
    expect((await as.ada.get('/files').json()).data).toHaveLength(1)
  })

  // bar 157
  test.each([
    ['HTML as a picture', 'a.png', 'image/png', '<html><script>alert(1)</script>', 415, 'unsupported_file_type'],
    ['a picture that is none', 'a.jpg', 'image/jpeg', '\xff\xd8\xff\xe0 and no more', 415, 'unsupported_file_type'],
    ['markup as text', 'a.txt', 'text/plain', '<svg onload=alert(1)>', 415, 'unsupported_file_type'],
  ])('that brings %s is removed', async (_, name, mimeType, text, status, code) => {
    const { as, presign, put, keys, usage } = await stage()
    const content = bytesOf(text)
    const announced = await presign({ name, mimeType, size: content.length }).json()
    await put(announced, content)
    expect(await as.ada.post(`/upload/${announced.id}/complete`)).toRefuse(status, code)
    expect([await keys(), await usage()]).toEqual([[], 0])
    expect(await as.ada.post(`/upload/${announced.id}/complete`)).toRefuse(404, 'upload_not_found')
  })

  // bar 155
  test('takes nothing but what was announced', async () => {
    const { presign, put, keys } = await stage()
    const announced = await presign({ name: 'a.txt', mimeType: 'text/plain', size: 5 }).json()
    expect(await put(announced, bytesOf('hell'), { 'content-length': '4' })).toRefuse(422, 'upload_mismatch')
    expect(await put(announced, bytesOf('hello!'), { 'content-length': '6' })).toRefuse(422, 'upload_mismatch')
    // A length that is a lie.
    expect(await put(announced, bytesOf('hello!'))).toRefuse(422, 'upload_mismatch')
    expect(await put(announced, bytesOf('hell'))).toRefuse(422, 'upload_mismatch')
    expect(await put(announced, bytesOf('hello'), { 'content-type': 'text/html' })).toRefuse(422, 'upload_mismatch')
    expect(
      await put({ ...announced, url: announced.url.replace('signature=', 'signature=x') }, bytesOf('hello')),
    ).toRefuse(403, 'invalid_link')
    const large = { 'content-length': '999999999' }
    expect(await put(announced, bytesOf('hello'), large)).toRefuse(413, 'file_too_large')
    expect(await keys()).toEqual([])
  })

  test('is refused when it is announced, if it could not become a file', async () => {
    const { presign, as } = await stage({ UPLOAD_MAX_BYTES: '1024' })
    const body = { name: 'a.txt', mimeType: 'text/plain', size: 5 }
    expect(await presign({ ...body, size: 1025 })).toRefuse(413, 'file_too_large')
    expect(await presign({ ...body, mimeType: 'text/html' })).toRefuse(415, 'unsupported_file_type')
    expect(await presign({ ...body, mimeType: 'image/svg+xml' })).toRefuse(415, 'unsupported_file_type')
    for (const wrong of [{ size: 0 }, { size: 1.5 }, { name: '' }, { visibility: 'x' }])
      expect(await presign({ ...body, ...wrong })).toRefuse(422, 'validation_failed')
    const { id } = await presign(body).json()
    expect(await as.bob.post(`/upload/${id}/complete`)).toRefuse(404, 'upload_not_found')
  })

  // bar 165
  test('that is never completed gives its space back', async () => {
    const { as, clock, presign, put, runJobs, keys, usage } = await stage()
    const announced = await presign({ name: 'a.txt', mimeType: 'text/plain', size: 5 }).json()
    await put(announced, bytesOf('hello'))
    clock.advance(minutes(16))
    expect(await put(announced, bytesOf('hello'))).toRefuse(410, 'link_expired')
    clock.advance(minutes(30))
    expect(await as.ada.signIn().then(() => as.ada.post(`/upload/${announced.id}/complete`))).toRefuse(
      404,
      'upload_not_found',
    )
    clock.advance(hours(1.5))
    await runJobs()
    expect([await keys(), await usage()]).toEqual([[], 0])
  })
})
