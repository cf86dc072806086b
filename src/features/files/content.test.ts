import { describe, expect, test } from 'bun:test'
import sharp from 'sharp'
import { minutes, seconds } from '#core'
import { testApp } from '#tests'
import { photo, send } from './pictures.test.kit'

const text = '0123456789'

describe('the content of a file', () => {
  // bar 164
  test('is for its owner, and for those who may see all files; for nobody else', async () => {
    const { as, anon } = await testApp()
    const { id } = await send(as.ada, text, 'a.txt').json()
    const path = `/files/${id}/content`
    expect((await as.ada.get(path)).text).toBe(text)
    expect((await as.admin.get(path)).text).toBe(text)
    expect(await as.bob.get(path)).toRefuse(404, 'file_not_found')
    expect(await as.bob.get(`/files/${id}`)).toRefuse(404, 'file_not_found')
    expect(await as.bob.delete(`/files/${id}`)).toRefuse(404, 'file_not_found')
    expect(await as.bob.post(`/files/${id}/link`, {})).toRefuse(404, 'file_not_found')
    expect(await anon.get(path)).toRefuse(401, 'unauthenticated')
    expect(await anon.get('/files/not-an-id/content')).toRefuse(404, 'not_found')
    expect(await as.ada.get(`${path}?variant=thumb`)).toRefuse(404, 'variant_not_found')
    expect(await as.ada.get(`${path}?variant=huge`)).toRefuse(422, 'validation_failed')
  })

  test('that is public is for everybody, and may be kept', async () => {
    const { as, anon } = await testApp()
    const { id } = await send(as.ada, text, 'a.txt', { visibility: 'public' }).json()
    const reply = await anon.get(`/files/${id}/content`)
    expect(reply.text).toBe(text)
    expect(reply.headers.get('cache-control')).toBe('public, max-age=3600')
    expect(await as.bob.get(`/files/${id}`).json()).toMatchObject({ id })
  })

  // bar 164
  test('comes so that nothing in it can run', async () => {
    const { as } = await testApp()
    const plain = await send(as.ada, text, 'a.txt').json()
    const picture = await send(as.ada, await photo(), 'a.jpg').json()
    const [one, two] = [
      await as.ada.get(`/files/${plain.id}/content`),
      await as.ada.get(`/files/${picture.id}/content`),
    ]
    expect(Object.fromEntries(one.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="a.txt"; filename*=UTF-8''a.txt`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'cache-control': 'private, no-cache',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(two.headers.get('content-type')).toBe('image/jpeg')
    expect(two.headers.get('content-disposition')).toStartWith('inline; ')
  })

  test('is sent in parts to whoever has the rest of the same version', async () => {
    const { as, listen } = await testApp()
    const { id, sha256 } = await send(as.ada, text, 'a.txt').json()
    const url = `${listen().url}/api/v1/files/${id}/content`
    const ask = async (headers: Record<string, string>, method = 'GET') => {
      const reply = await fetch(url, { method, headers: { ...(await as.ada.credentials()), ...headers } })
      return [reply.status, await reply.text(), reply.headers.get('content-range')]
    }
    expect(await ask({ range: 'bytes=2-4' })).toEqual([206, '234', 'bytes 2-4/10'])
    expect(await ask({ range: 'bytes=7-' })).toEqual([206, '789', 'bytes 7-9/10'])
    expect(await ask({ range: 'bytes=-2' })).toEqual([206, '89', 'bytes 8-9/10'])
    expect(await ask({ range: 'bytes=8-99' })).toEqual([206, '89', 'bytes 8-9/10'])
    expect(await ask({ range: 'bytes=2-4', 'if-range': `"${sha256}"` })).toEqual([206, '234', 'bytes 2-4/10'])
    expect(await ask({ range: 'bytes=2-4', 'if-range': '"other"' })).toEqual([200, text, null])
    for (const headers of [
      { range: 'bytes=0-1,4-5' },
      { range: 'bytes=4-2' },
      { range: 'bytes=-' },
      { range: 'lines=1-2' },
    ])
      expect(await ask(headers)).toEqual([200, text, null])
    expect((await ask({ range: 'bytes=10-' })).at(2)).toBe('bytes */10')
    expect(await as.ada.get(`/files/${id}/content`, { headers: { range: 'bytes=10-' } })).toRefuse(
      416,
      'range_not_satisfiable',
    )
    const head = await fetch(url, { method: 'HEAD', headers: await as.ada.credentials() })
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
      200,
      '10',
      `"${sha256}"`,
    ])
  })

  test('is not sent again to whoever has it', async () => {
    const { as } = await testApp()
    const { id, sha256 } = await send(as.ada, text, 'a.txt').json()
    for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"x", "${sha256}"`, '*']) {
      const reply = await as.ada.get(`/files/${id}/content`, { headers: { 'if-none-match': tag } })
      expect([reply.status, reply.text, reply.headers.get('etag')]).toEqual([304, '', `"${sha256}"`])
    }
    expect((await as.ada.get(`/files/${id}/content`, { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
  })
})

describe('a signed link', () => {
  const made = async () => {
    const started = await testApp()
    const { id } = await send(started.as.ada, await photo(), 'a.jpg').json()
    const link = async (body: object) => {
      const reply = await started.as.ada.post(`/files/${id}/link`, body).json()
      return { ...reply, path: reply.url.replace(`${started.config.appUrl}/api/v1`, '') }
    }
    return { ...started, id, link }
  }

  // bar 164
  test('lets anybody read the one thing it is for, until its time is over', async () => {
    const { anon, clock, link } = await made()
    const { path, expiresAt } = await link({ expiresIn: 60 })
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(clock.now().getTime() + seconds(60))
    const reply = await anon.get(path)
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'private, no-cache'])
    expect(await anon.get(`${path}&variant=thumb`)).toRefuse(403, 'invalid_link')
    const small = await link({ variant: 'thumb' })
    expect((await anon.get(small.path)).headers.get('content-type')).toBe('image/webp')
    expect(await anon.get(small.path.replace('thumb', 'medium'))).toRefuse(403, 'invalid_link')
    clock.advance(minutes(2))
    expect(await anon.get(path)).toRefuse(410, 'link_expired')
  })

  // bar 164
  test('that was changed is worth nothing', async () => {
    const { as, anon, link } = await made()
    const { path } = await link({})
    const other = await send(as.ada, text, 'b.txt').json()
    for (const forged of [
      path.replace(/expires=\d+/, 'expires=99999999999'),
      path.replace(/signature=../, 'signature=xx'),
      path.replace(/&signature=.*/, ''),
      path.replace(/expires=\d+&/, ''),
      path.replace(/files\/[\w-]+/, `files/${other.id}`),
    ])
      expect(await anon.get(forged)).toRefuse(403, 'invalid_link')
  })

  test('ends with its file, and cannot be made to last for ever', async () => {
    const { as, anon, id, link } = await made()
    for (const expiresIn of [0, -1, 604_801, 1.5])
      expect(await as.ada.post(`/files/${id}/link`, { expiresIn })).toRefuse(422, 'validation_failed')
    const { path } = await link({})
    await as.ada.delete(`/files/${id}`)
    expect(await anon.get(path)).toRefuse(404, 'file_not_found')
  })
})

describe('the variants of a picture', () => {
  test('are WebP that fit into their squares, and carry no metadata', async () => {
    const { as } = await testApp()
    const { variants } = await send(as.ada, await photo(2000, 1000), 'a.jpg').json()
    for (const [name, width, height] of [
      ['thumb', 256, 128],
      ['medium', 1024, 512],
    ] as const) {
      const { bytes, headers } = await as.ada.get(variants[name].replace('/api/v1', ''))
      expect(headers.get('content-disposition')).toContain(`a-${name}.webp`)
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width, height })
    }
    const small = await send(as.ada, await photo(20, 10), 'b.jpg').json()
    const { bytes } = await as.ada.get(small.variants.medium.replace('/api/v1', ''))
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 20, height: 10 })
  })

  test('are made once, however many ask at once', async () => {
    const { as, app } = await testApp()
    let times = 0
    const shrink = app.images.shrink
    app.images.shrink = (...args) => {
      times += 1
      return shrink(...args)
    }
    const { id } = await send(as.ada, await photo(), 'a.jpg').json()
    await as.ada.user()
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => as.ada.get(`/files/${id}/content?variant=${i % 2 ? 'thumb' : 'medium'}`)),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(times).toBe(1)
  })

  test('are there already when the job has run', async () => {
    const { as, app, runJobs } = await testApp()
    const { id } = await send(as.ada, await photo(), 'a.jpg').json()
    await runJobs()
    expect(await Array.fromAsync(app.storage.list(''))).toEqual(
      ['medium.webp', 'original', 'thumb.webp'].map((name) => `files/${id}/${name}`),
    )
  })
})
