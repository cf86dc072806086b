import { describe, expect, test } from 'bun:test'
import { brotliDecompressSync } from 'node:zlib'
import { testApp } from '#tests'
import { codingFor, compress } from './compression'

const big = JSON.stringify({ data: Array.from({ length: 100 }, (_, n) => ({ id: n, name: `Person ${n}` })) })
const huge = big.repeat(20)
const ask = (acceptEncoding: string | null, method = 'GET') =>
  new Request('http://localhost/', {
    method,
    headers: acceptEncoding === null ? {} : { 'accept-encoding': acceptEncoding },
  })
const json = (body: BodyInit | null, headers: Record<string, string> = {}, status = 200) =>
  new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } })

const decoded = async (response: Response): Promise<string> => {
  const bytes = await response.bytes()
  switch (response.headers.get('content-encoding')) {
    case 'gzip':
      return Buffer.from(Bun.gunzipSync(bytes)).toString()
    case 'zstd':
      return Bun.zstdDecompressSync(bytes).toString()
    case 'br':
      return brotliDecompressSync(bytes).toString()
    default:
      return Buffer.from(bytes).toString()
  }
}

describe('which coding', () => {
  // bar 153
  test.each([
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['zstd;q=0.1, gzip;q=0.9', 'gzip'],
    ['*', 'zstd'],
    ['zstd;q=0, *;q=0.5', 'br'],
    ['gzip;q=0', undefined],
    ['gzip;q=nonsense', undefined],
    ['identity', undefined],
    ['identity;q=1, gzip;q=0.5', undefined],
    ['deflate', undefined],
    ['', undefined],
    ['gzip,'.repeat(200), undefined],
  ])('%p gets %p', (accept, coding) => {
    expect(codingFor(accept)).toBe(coding as ReturnType<typeof codingFor>)
  })

  test('a client that says nothing gets it plain', () => {
    expect(codingFor(null)).toBeUndefined()
  })
})

describe('a compressed reply', () => {
  test.each(['zstd', 'br', 'gzip'])('in %s reads as what was written, small or large', async (coding) => {
    for (const body of [big, huge]) {
      const response = await compress(ask(coding), json(body))
      expect(response.headers.get('content-encoding')).toBe(coding)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await decoded(response)).toBe(body)
    }
  })

  // bar 153
  test('says that it depends on Accept-Encoding and keeps what it depended on before', async () => {
    const response = await compress(ask('gzip'), json(big, { vary: 'Origin' }))
    expect(response.headers.get('vary')).toBe('Origin, Accept-Encoding')
    expect((await compress(ask('gzip'), json(big, { vary: 'Origin, Accept-Encoding' }))).headers.get('vary')).toBe(
      'Origin, Accept-Encoding',
    )
  })

  test('keeps every cookie', async () => {
    const response = json(big)
    response.headers.append('set-cookie', 'a=1; Path=/')
    response.headers.append('set-cookie', 'b=2; Path=/')
    expect((await compress(ask('gzip'), response)).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
    const small = json('{}')
    small.headers.append('set-cookie', 'a=1; Path=/')
    small.headers.append('set-cookie', 'b=2; Path=/')
    expect((await compress(ask('gzip'), small)).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  })

  test('has a weak tag, since its bytes are not those of the strong one', async () => {
    expect((await compress(ask('gzip'), json(big, { etag: '"abc"' }))).headers.get('etag')).toBe('W/"abc"')
    expect((await compress(ask(null), json(big, { etag: '"abc"' }))).headers.get('etag')).toBe('"abc"')
  })

  test('may come from a body that is a stream underneath', async () => {
    const wrapped = new Response(new Response(big).body, { headers: { 'content-type': 'application/json' } })
    const response = await compress(ask('gzip'), wrapped)
    expect(await decoded(response)).toBe(big)
  })
})

describe('a reply passes untouched', () => {
  const untouched = async (request: Request, response: Response) => {
    const result = await compress(request, response)
    expect(result.headers.get('content-encoding')).toBe(response.headers.get('content-encoding'))
    return result
  }

  // bar 153
  test('up to 1 KiB, and is still readable', async () => {
    const result = await untouched(ask('gzip'), json('{"a":1}'))
    expect(await result.text()).toBe('{"a":1}')
    expect(result.headers.get('vary')).toBe('Accept-Encoding')
  })

  test('without being read when its length says that it is small', () => {
    const response = json('{"a":1}', { 'content-length': '7' })
    expect(compress(ask('gzip'), response)).toBe(response)
  })

  // bar 153
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('to %s, because those replies carry secrets', async (method) => {
    await untouched(ask('gzip', method), json(big))
  })

  test.each([
    ['a stream of events', { 'content-type': 'text/event-stream' }],
    ['a chunked stream', { 'transfer-encoding': 'chunked' }],
    ['an image', { 'content-type': 'image/webp' }],
    ['an archive', { 'content-type': 'application/zip' }],
    ['what is compressed already', { 'content-encoding': 'br' }],
    ['a download', { 'content-disposition': 'attachment; filename="a.json"' }],
    ['what is served in ranges', { 'accept-ranges': 'bytes' }],
    ['what forbids it', { 'cache-control': 'public, no-transform' }],
  ])('as %s', async (_, headers: Record<string, string>) => {
    const response = json(big, headers)
    expect(await untouched(ask('gzip'), response)).toBe(response)
  })

  test.each([206, 304, 404, 500])('with status %p', async (status) => {
    await untouched(ask('gzip'), json(status === 304 ? null : big, {}, status))
  })

  test('to HEAD, which says Vary like its GET', async () => {
    const result = await untouched(ask('gzip', 'HEAD'), json(null, { 'content-length': '5000' }))
    expect(result.headers.get('vary')).toBe('Accept-Encoding')
    expect(result.headers.get('content-length')).toBe('5000')
  })
})

describe('from a real server', () => {
  // bar 153
  test('a large public reply is compressed, a reply with tokens is not', async () => {
    const { listen, as } = await testApp()
    const { port } = listen()
    const raw = (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { ...init, decompress: false })
    const page = await raw('/errors', { headers: { 'accept-encoding': 'gzip' } })
    expect(page.headers.get('content-encoding')).toBe('gzip')
    expect(page.headers.get('vary')).toContain('Accept-Encoding')
    expect(Buffer.from(Bun.gunzipSync(await page.bytes())).toString()).toContain('internal_error')
    const { authorization } = await as.ada.credentials()
    const me = await raw('/api/v1/users/me', {
      headers: { authorization: authorization ?? '', 'accept-encoding': 'gzip' },
    })
    expect(me.status).toBe(200)
    expect(me.headers.get('content-encoding')).toBeNull()
    expect(((await me.json()) as { name: string }).name).toBe('Ada')
  })
})
