import { describe, expect, test } from 'bun:test'
import sharp from 'sharp'
import { testApp } from '#tests'
import { bytesOf, endlessGif, joined, photo, photoWithPlace, pixelBomb, send } from './pictures.test.kit'

/** Nothing is stored and no row is left. */
const expectNothing = async ({ app }: Awaited<ReturnType<typeof testApp>>) => {
  expect(await Array.fromAsync(app.storage.list(''))).toEqual([])
  expect(await app.db.all('select id from files')).toEqual([])
  expect(await app.db.all('select * from file_usage')).toEqual([])
}

describe('an upload', () => {
  test('is answered with what the file is', async () => {
    const { as } = await testApp()
    const reply = await send(as.ada, await photo(), 'harbour.jpg')
    expect(reply.status).toBe(201)
    const file = reply.json()
    expect(file).toMatchObject({
      name: 'harbour.jpg',
      mimeType: 'image/jpeg',
      width: 640,
      height: 480,
      visibility: 'private',
      url: `/api/v1/files/${file.id}/content`,
      variants: { thumb: `/api/v1/files/${file.id}/content?variant=thumb` },
    })
    const { bytes } = await as.ada.get(`/files/${file.id}/content`)
    expect(bytes.length).toBe(file.size)
    expect(new Bun.CryptoHasher('sha256').update(bytes).digest('hex')).toBe(file.sha256)
    expect(await as.ada.get(`/files/${file.id}`).json()).toEqual(file)
  })

  test('takes several files at once: all, or none', async () => {
    const started = await testApp()
    const form = new FormData()
    form.append('files', new File(['one'], 'one.txt'))
    form.append('files', new File(['a,b'], 'two.csv'))
    form.append('visibility', 'public')
    const { data } = await started.as.ada.post('/upload', form).json()
    expect(data.map(({ name, mimeType, visibility }: Record<string, string>) => [name, mimeType, visibility])).toEqual([
      ['one.txt', 'text/plain', 'public'],
      ['two.csv', 'text/csv', 'public'],
    ])
    form.append('files', new File(['<script>'], 'three.txt'))
    expect(await started.as.ada.post('/upload', form)).toRefuse(415, 'unsupported_file_type')
    expect((await started.as.ada.get('/files').json()).data).toHaveLength(2)
  })

  test('needs a verified address, and somebody at all', async () => {
    const { person, anon } = await testApp()
    expect(await send(anon, 'x', 'a.txt')).toRefuse(401, 'unauthenticated')
    expect(await send(person('new', { verified: false }), 'x', 'a.txt')).toRefuse(403, 'email_not_verified')
    expect(await anon.post('/upload/presign', {})).toRefuse(401, 'unauthenticated')
  })

  test('refuses forms that are not as they have to be', async () => {
    const { as } = await testApp()
    expect(await as.ada.post('/upload', { file: 'x' })).toRefuse(415, 'unsupported_media_type')
    expect(await send(as.ada, 'x', 'a.txt', { visibility: 'secret' })).toRefuse(422, 'validation_failed')
    const form = new FormData()
    expect(await as.ada.post('/upload', form)).toRefuse(422, 'file_missing')
    form.set('file', 'just text')
    expect(await as.ada.post('/upload', form)).toRefuse(422, 'validation_failed')
    form.set('file', new File(['a'], 'a.txt'))
    form.append('file', new File(['b'], 'b.txt'))
    expect(await as.ada.post('/upload', form)).toRefuse(422, 'validation_failed')
    form.append('files', new File(['b'], 'b.txt'))
    expect(await as.ada.post('/upload', form)).toRefuse(422, 'validation_failed')
  })

  test('is repeated with an Idempotency-Key without a second file', async () => {
    const { as } = await testApp()
    const bytes = await photo()
    const twice = [1, 2].map(() => {
      const form = new FormData()
      form.set('file', new File([bytes], 'a.jpg'))
      return form
    })
    const headers = { 'idempotency-key': 'one' }
    const first = await as.ada.post('/upload', twice[0], { headers })
    const second = await as.ada.post('/upload', twice[1], { headers })
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(second.json()).toEqual(first.json())
    expect((await as.ada.get('/files').json()).data).toHaveLength(1)
    expect(await as.ada.post('/upload', new FormData(), { headers })).toRefuse(422, 'idempotency_key_reused')
  })
})

describe('what is too large', () => {
  // bar 154
  test('is refused to strangers before it is read', async () => {
    const { anon } = await testApp()
    let read = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        read += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '100000000' }
    expect(await anon.post('/upload', endless, { headers })).toRefuse(401, 'unauthenticated')
    expect(read).toBeLessThan(1_000_000)
  })

  // bar 155
  test('by one byte is refused, with and without a length', async () => {
    const started = await testApp({ env: { UPLOAD_MAX_BYTES: '2048' } })
    expect((await send(started.as.bob, 'x'.repeat(2048), 'a.txt')).status).toBe(201)
    await started.as.bob.delete(`/files/${(await started.as.bob.get('/files').json()).data[0].id}`)
    await started.runJobs()
    expect(await send(started.as.ada, 'x'.repeat(2049), 'a.txt')).toRefuse(413, 'file_too_large')
    expect(await send(started.as.ada, 'x'.repeat(1_000_000), 'a.txt')).toRefuse(413, 'file_too_large')
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const chunked = new Blob([
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n',
      'x'.repeat(900_000),
    ])
    expect(await started.as.ada.post('/upload', chunked.stream(), { headers })).toRefuse(413, 'file_too_large')
    await expectNothing(started)
  })

  // bar 168
  test('in parts is refused at once: 10,000 of them, no boundary, headers without an end', async () => {
    const { as } = await testApp()
    await as.ada.user()
    const type = (value: string) => ({ headers: { 'content-type': value } })
    const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n'
    const from = performance.now()
    expect(
      await as.ada.post('/upload', `${part.repeat(10_000)}--x--`, type('multipart/form-data; boundary=x')),
    ).toRefuse(413, 'too_many_parts')
    for (const [body, contentType] of [
      [`${part}--x--`, 'multipart/form-data; charset=x'],
      [`--x\r\ncontent-disposition: ${'a'.repeat(500_000)}`, 'multipart/form-data; boundary=x'],
      [`--x\r\n\r\n${'a'.repeat(500_000)}\r\n--x--`, 'multipart/form-data; boundary=x'],
      ['nothing like it', 'multipart/form-data; boundary=x'],
      [part, 'multipart/form-data; boundary=x'],
    ] as const)
      expect(await as.ada.post('/upload', body, type(contentType))).toRefuse(400, 'malformed_request')
    expect(performance.now() - from).toBeLessThan(2000)
    const many = new FormData()
    for (let i = 0; i < 21; i++) many.append('files', new File(['x'], `${i}.txt`))
    expect(await as.ada.post('/upload', many)).toRefuse(413, 'too_many_parts')
  })
})

describe('hostile files', () => {
  // bar 157, 158
  test.each([
    ['HTML that calls itself a picture', 'x.png', '<!doctype html><script>alert(1)</script>'],
    ['HTML that calls itself text', 'x.txt', '\n <html><body onload=alert(1)>'],
    ['SVG with a script', 'x.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['SVG that reads files', 'x.png', '<?xml version="1.0"?><svg><image href="file:///etc/passwd"/></svg>'],
    ['a program', 'x.txt', '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0'],
    ['text without a name that says so', 'x.bin', 'hello'],
    ['text that is no UTF-8', 'x.txt', joined(new Uint8Array([0xff, 0xfe, 0x41]))],
    ['nothing', 'x.png', ''],
  ])('%s is refused', async (_, name, content) => {
    const started = await testApp()
    expect(await send(started.as.ada, content, name)).toRefuse(415, 'unsupported_file_type')
    await expectNothing(started)
  })

  // bar 159
  test('a pixel bomb is refused by its header, fast', async () => {
    const started = await testApp()
    await started.as.ada.user()
    const bomb = pixelBomb()
    await send(started.as.ada, 'x', 'x.png')
    const from = performance.now()
    expect(await send(started.as.ada, bomb, 'bomb.png')).toRefuse(422, 'image_too_large')
    expect(performance.now() - from).toBeLessThan(1000)
    await expectNothing(started)
  })

  // bar 160
  test('a GIF of 5,000 frames is refused, one of a few is kept moving', async () => {
    const { as } = await testApp()
    expect(await send(as.ada, endlessGif(5000), 'x.gif')).toRefuse(422, 'image_too_large')
    const file = await send(as.ada, endlessGif(3), 'x.gif').json()
    expect(file).toMatchObject({ mimeType: 'image/gif', width: 1, height: 1 })
    expect((await as.ada.get(`/files/${file.id}/content`)).bytes.subarray(0, 6)).toEqual(bytesOf('GIF89a'))
  })

  // bar 161
  test.each(['jpeg', 'png', 'webp', 'gif'] as const)('a %s that breaks off is refused', async (type) => {
    const started = await testApp()
    const whole = await photo(100, 100, type)
    expect(await send(started.as.ada, whole.subarray(0, whole.length / 2), `x.${type}`)).toRefuse(422, 'invalid_image')
    await expectNothing(started)
  })

  // bar 162
  test('what hides in a picture is gone: a page or an archive behind it, the place where it was taken', async () => {
    const { as } = await testApp()
    const trailer = bytesOf('<script>alert(1)</script>PK\x03\x04secret')
    const file = await send(as.ada, joined(await photoWithPlace(), trailer), 'x.jpg').json()
    const { bytes } = await as.ada.get(`/files/${file.id}/content`)
    const text = Buffer.from(bytes).toString('latin1')
    for (const trace of ['<script>', 'PK\x03\x04', 'SECRET-OWNER', 'Exif']) expect(text).not.toContain(trace)
    const { exif, icc, xmp, orientation } = await sharp(bytes).metadata()
    expect([exif, icc, xmp, orientation]).toEqual([undefined, undefined, undefined, undefined])
    // It was on its side, and now stands upright without saying so.
    expect([file.width, file.height]).toEqual([480, 640])
  })

  // bar 163
  test.each([
    ['../../etc/passwd', 'passwd.txt'],
    ['C:\\temp\\report.txt', 'report.txt'],
    ['nul\0byte.txt', 'nulbyte.txt'],
    ['line\r\nSet-Cookie: a=b.txt', 'lineSet-Cookie: a=b.txt'],
    ['photo\u202egpj.txt', 'photogpj.txt'],
    ['.htaccess', 'htaccess.txt'],
    ['', 'file.txt'],
    [`${'x'.repeat(1000)}.txt`, `${'x'.repeat(200)}.txt`],
    ['Grüße "quoted" 100%.txt', 'Grüße quoted 100%.txt'],
  ])('the name %j is kept as one that does no harm', async (sent, kept) => {
    const { as, app } = await testApp()
    const announced = await as.ada
      .post('/upload/presign', { name: sent || ' ', mimeType: 'text/plain', size: 2 })
      .json()
    await app.storage.put(`incoming/${announced.id}`, bytesOf('hi'))
    const file = await as.ada.post(`/upload/${announced.id}/complete`).json()
    expect(file.name).toBe(kept)
    const disposition = (await as.ada.get(`/files/${file.id}/content`)).headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^attachment; filename="[ -!#-~]+"; filename\*=UTF-8''[\w.!~%-]+$/)
    expect(await Array.fromAsync(app.storage.list(''))).toEqual([`files/${file.id}/original`])
  })
})

describe('the quota', () => {
  // bar 156
  test('holds exactly when 20 uploads come at once', async () => {
    const started = await testApp({ env: { UPLOAD_QUOTA_BYTES: '5000', RATE_LIMIT: 'off' } })
    const { as, race, app } = started
    await as.ada.user()
    const body = (i: number) =>
      `--x\r\nContent-Disposition: form-data; name="file"; filename="${i}.txt"\r\n\r\n${'x'.repeat(1000)}\r\n--x--\r\n`
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const replies = await race(20, (i) => ({ as: as.ada, path: '/upload', body: body(i), headers }))
    const statuses = replies.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([...Array(5).fill(201), ...Array(15).fill(507)])
    for (const reply of replies) if (reply.status === 507) expect(reply).toRefuse(507, 'quota_exceeded')
    expect(await app.db.get('select bytes from file_usage')).toEqual({ bytes: 5000 })
    expect(await Array.fromAsync(app.storage.list(''))).toHaveLength(5)
  }, 20_000)

  test('gets its space back when a file goes', async () => {
    const { as } = await testApp({ env: { UPLOAD_QUOTA_BYTES: '1000' } })
    const { id } = await send(as.ada, 'x'.repeat(900), 'a.txt').json()
    expect(await send(as.ada, 'x'.repeat(200), 'b.txt')).toRefuse(507, 'quota_exceeded')
    expect(await as.ada.post('/upload/presign', { name: 'b.txt', mimeType: 'text/plain', size: 200 })).toRefuse(
      507,
      'quota_exceeded',
    )
    await as.ada.delete(`/upload/${id}`)
    expect((await send(as.ada, 'x'.repeat(200), 'b.txt')).status).toBe(201)
    expect((await send(as.bob, 'x'.repeat(900), 'b.txt')).status).toBe(201)
  })
})
