import { afterEach, describe, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { type OutboundOptions, openOutbound } from '#adapters/outbound/open'
import { certificateFor, hasOpenssl } from '../support/certificates'
import { INSIDE, NO_WEBHOOK } from '../support/inside'
import { misbehaving, type Receiver, receiver } from '../support/receiver'

const PUBLIC = '93.184.215.14'
const strict = { webhook: { allowHttp: false, allowPrivate: false, retrySchedule: [0] } }
const open = { webhook: { allowHttp: true, allowPrivate: true, retrySchedule: [0] } }
const request = { headers: { 'content-type': 'application/json' }, body: '{"a":"é"}' }

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
const listening = (made: Receiver) => {
  stops.push(made.stop)
  return made
}
const bad = async (...given: Parameters<typeof misbehaving>) => {
  const made = await misbehaving(...given)
  stops.push(made.stop)
  return made
}
/** Names that resolve to these addresses, one answer after the other; the last one goes on. */
const answering = (...answers: string[][]) => {
  const asked: string[] = []
  const resolve: OutboundOptions['resolve'] = async (hostname) => {
    asked.push(hostname)
    return answers[Math.min(asked.length, answers.length) - 1] ?? []
  }
  return { asked, resolve }
}

describe('addresses inside', () => {
  // bar 176
  test('are refused in every spelling, when checked and when called, and hear nothing', async () => {
    const canary = listening(receiver())
    const outbound = openOutbound(strict)
    expect(INSIDE.length).toBeGreaterThan(60)
    for (const template of INSIDE) {
      const url = template.replace('PORT', String(canary.port))
      expect([url, await outbound.check(url)]).toEqual([url, 'private_address'])
      expect([url, await outbound.post(url, request)]).toMatchObject([
        url,
        { kind: 'failed', error: 'private_address' },
      ])
    }
    expect(canary.received).toEqual([])
  })

  // bar 176
  test('are refused over plain http too, where that is allowed', async () => {
    const canary = listening(receiver())
    const outbound = openOutbound({ webhook: { ...strict.webhook, allowHttp: true } })
    for (const template of INSIDE) {
      const url = template.replace('PORT', String(canary.port)).replace('https', 'http')
      expect([url, await outbound.check(url)]).toEqual([url, 'private_address'])
      expect(await outbound.post(url, request)).toMatchObject({ error: 'private_address' })
    }
    expect(canary.received).toEqual([])
  })

  // bar 177
  test.each([
    ['a private address', ['10.0.0.1']],
    ['loopback among public ones', [PUBLIC, '127.0.0.1']],
    ['loopback before a public one', ['127.0.0.1', PUBLIC]],
    ['a private IPv6 address beside a public IPv4 one', [PUBLIC, 'fd00::1']],
    ['loopback written as IPv6', ['::ffff:127.0.0.1']],
    ['an address that NAT64 leads inside', ['64:ff9b::7f00:1']],
    ['the private network of Fly', ['fdaa:0:1::3']],
    ['something that is no address', ['localhost']],
  ])('a name that resolves to %s is refused', async (_, addresses) => {
    const outbound = openOutbound(strict, answering(addresses))
    expect(await outbound.check('https://hooks.example.com/')).toBe('private_address')
    expect(await outbound.post('https://hooks.example.com/', request)).toMatchObject({ error: 'private_address' })
  })

  // bar 177
  test('a name that was public when it was checked is checked again when it is called', async () => {
    const canary = listening(receiver())
    const outbound = openOutbound(
      { webhook: { ...strict.webhook, allowHttp: true } },
      answering([PUBLIC], ['127.0.0.1']),
    )
    const url = `http://rebind.example.com:${canary.port}/`
    expect(await outbound.check(url)).toBeUndefined()
    expect(await outbound.post(url, request)).toMatchObject({ kind: 'failed', error: 'private_address' })
    expect(canary.received).toEqual([])
  })

  // bar 177
  test('a call resolves the name once and connects to the address that it has looked at', async () => {
    const server = listening(receiver())
    const names = answering(['127.0.0.1'], ['127.0.0.9'])
    const reply = await openOutbound(open, names).post(`http://hooks.example.com:${server.port}/a?b=c`, request)
    expect(reply).toMatchObject({ kind: 'answered', status: 204 })
    expect(names.asked).toEqual(['hooks.example.com'])
    expect(server.received[0]).toMatchObject({ path: '/a?b=c', raw: request.body })
    expect(server.received[0]?.headers.host).toBe(`hooks.example.com:${server.port}`)
  })

  test('public addresses pass, and a name that cannot be resolved yet passes the check', async () => {
    const outbound = openOutbound(strict, { resolve: () => Promise.reject(new Error('ENOTFOUND')) })
    for (const url of [`https://${PUBLIC}/hook`, 'https://[2606:4700:4700::1111]/', 'https://hooks.example.com:8443/a'])
      expect([url, await outbound.check(url)]).toEqual([url, undefined])
    expect(await outbound.post('https://hooks.example.com/', request)).toMatchObject({ error: 'dns_failed' })
  })
})

// bar 179
test('what is no https URL is refused, and so is one with a user, or one that parsers read differently', async () => {
  const outbound = openOutbound(strict, answering([PUBLIC]))
  for (const url of NO_WEBHOOK) {
    expect([url, await outbound.check(url)]).toEqual([url, 'invalid_url'])
    expect([url, await outbound.post(url, request)]).toMatchObject([url, { kind: 'failed', error: 'invalid_url' }])
  }
})

describe('receivers that misbehave', () => {
  // bar 178
  test.each([301, 302, 303, 307, 308])('a %i is an answer: nobody follows it', async (status) => {
    const inside = listening(receiver())
    const server = listening(receiver(() => new Response(null, { status, headers: { location: inside.url } })))
    expect(await openOutbound(open).post(server.url, request)).toMatchObject({ kind: 'answered', status })
    expect(inside.received).toEqual([])
    expect(server.received).toHaveLength(1)
  })

  // bar 175
  test('one that never answers is given up in time, and its connection is closed', async () => {
    const server = await bad(() => {})
    const reply = await openOutbound(open, { timeout: 200 }).post(server.url, request)
    expect(reply).toMatchObject({ kind: 'failed', error: 'timeout' })
    expect(reply.durationMs).toBeLessThan(1_000)
    await gone(server.open)
  })

  // bar 175
  test('one that drips its headers is given up in time', async () => {
    const server = await bad((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    expect(await openOutbound(open, { timeout: 200 }).post(server.url, request)).toMatchObject({ error: 'timeout' })
    await gone(server.open)
  })

  // bar 175
  test('one that drips its body has said all that matters, and is cut off', async () => {
    const server = await bad((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const reply = await openOutbound(open).post(server.url, request)
    expect(reply).toMatchObject({ kind: 'answered', status: 200 })
    expect(reply.durationMs).toBeLessThan(4_000)
    await gone(server.open)
  })

  // bar 175, bar 180
  test('one that sends a gigabyte is cut off after a few kB, of which one is kept', async () => {
    let sent = 0
    const chunk = Buffer.alloc(64 * 1024, 'é')
    const server = await bad((socket) => {
      socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 1000000000\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
      }
      socket.on('drain', more)
      more()
    })
    const reply = await openOutbound(open).post(server.url, request)
    expect(reply).toMatchObject({ kind: 'answered', status: 500 })
    expect(reply.kind === 'answered' && Buffer.byteLength(reply.body)).toBeLessThanOrEqual(1024)
    expect(reply.kind === 'answered' && reply.body).toStartWith('éé')
    await gone(server.open)
    expect(sent).toBeLessThan(20_000_000)
  })

  test('a zipped reply stays zipped: nothing is unpacked', async () => {
    const bomb = Bun.gzipSync(new Uint8Array(5_000_000))
    const server = listening(receiver(() => new Response(bomb, { headers: { 'content-encoding': 'gzip' } })))
    const reply = await openOutbound(open).post(server.url, request)
    expect(reply.kind === 'answered' && reply.body.length).toBeLessThanOrEqual(1024)
    expect(server.received[0]?.headers['accept-encoding']).toBe('identity')
  })

  // bar 172, bar 180
  test('failures have names that tell no address', async () => {
    const closed = receiver()
    await closed.stop()
    const reset = await bad((socket) => socket.resetAndDestroy())
    const hangsUp = await bad((socket) => socket.end())
    const nonsense = await bad((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    const outbound = openOutbound(open)
    const errors: string[] = []
    for (const url of [closed.url, reset.url, hangsUp.url, nonsense.url, reset.url.replace('http', 'https')]) {
      const reply = await outbound.post(url, request)
      expect(reply.kind).toBe('failed')
      if (reply.kind === 'failed') errors.push(reply.error)
      expect(JSON.stringify(reply)).not.toContain('127.')
    }
    expect(errors).toEqual([
      'connection_refused',
      'connection_reset',
      'connection_reset',
      'invalid_response',
      'connection_reset',
    ])
  })

  test('Retry-After is handed on', async () => {
    const server = listening(receiver(() => new Response('later', { status: 503, headers: { 'retry-after': '7' } })))
    expect(await openOutbound(open).post(server.url, request)).toMatchObject({
      status: 503,
      retryAfter: '7',
      body: 'later',
    })
  })

  test('the caller can end it', async () => {
    const server = await bad(() => {})
    const controller = new AbortController()
    const reply = openOutbound(open).post(server.url, { ...request, signal: controller.signal })
    controller.abort()
    expect(await reply).toMatchObject({ kind: 'failed', error: 'aborted' })
    await gone(server.open)
  })

  test('a resolver that does not answer takes no longer than the rest', async () => {
    const outbound = openOutbound(open, { resolve: () => new Promise(() => {}), timeout: 100 })
    expect(await outbound.post('http://hooks.example.com/', request)).toMatchObject({ error: 'timeout' })
  })
})

describe('connections', () => {
  /** Answers each request with 204; `behave` may do something else from the second one on. */
  const answeringOver = async (behave?: (socket: Socket) => void) => {
    const seen: Socket[] = []
    const server = await bad((first) => {
      seen.push(first)
      first.write(NO_CONTENT)
      first.on('data', () => (behave ? behave(first) : first.write(NO_CONTENT)))
    })
    return { ...server, seen }
  }
  const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n'

  test('are used again within a second, and closed after it', async () => {
    const server = await answeringOver()
    const outbound = openOutbound(open)
    for (let i = 0; i < 5; i++) expect(await outbound.post(server.url, request)).toMatchObject({ status: 204 })
    expect(server.seen).toHaveLength(1)
    await gone(server.open)
  })

  test('that the other end has closed meanwhile are no failure', async () => {
    const server = await answeringOver((socket) => socket.resetAndDestroy())
    const outbound = openOutbound(open)
    for (let i = 0; i < 3; i++) expect(await outbound.post(server.url, request)).toMatchObject({ status: 204 })
    expect(server.seen).toHaveLength(3)
  })

  test('that are cut off were asked once', async () => {
    let asked = 0
    const server = await answeringOver((socket) => {
      asked += 1
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(100_000)}`)
    })
    const outbound = openOutbound(open, { timeout: 300 })
    for (let i = 0; i < 2; i++) await outbound.post(server.url, request)
    expect(asked).toBe(1)
    await gone(server.open)
    expect(server.seen).toHaveLength(1)
  })

  // bar 177
  test('are not used for a name that has moved', async () => {
    const server = listening(receiver())
    const names = answering(['127.0.0.1'], ['127.0.0.9'])
    const outbound = openOutbound(open, names)
    const url = `http://hooks.example.com:${server.port}/`
    expect(await outbound.post(url, request)).toMatchObject({ status: 204 })
    expect(await outbound.post(url, request)).toMatchObject({ kind: 'failed', error: 'connection_refused' })
    expect(names.asked).toHaveLength(2)
  })

  // bar 177
  test('are not used for a name that leads inside by now', async () => {
    const server = await answeringOver()
    const loose = { webhook: { ...open.webhook } }
    const outbound = openOutbound(loose)
    await outbound.post(server.url, request)
    loose.webhook.allowPrivate = false
    expect(await outbound.post(server.url, request)).toMatchObject({ error: 'private_address' })
    expect(server.seen).toHaveLength(1)
  })
})

describe.skipIf(!hasOpenssl)('TLS', () => {
  test('is verified against the name in the URL, whatever address it has', async () => {
    const { ca, ...tls } = await certificateFor('hooks.example.com')
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls, fetch: () => new Response('hello') })
    stops.push(() => server.stop(true))
    const names = answering(['127.0.0.1'])
    const trusting = openOutbound(open, { ...names, ca })
    expect(await trusting.post(`https://hooks.example.com:${server.port}/`, request)).toMatchObject({ status: 200 })
    for (const [outbound, host] of [
      [trusting, 'other.example.com'],
      [trusting, '127.0.0.1'],
      [openOutbound(open, names), 'hooks.example.com'],
    ] as const)
      expect(await outbound.post(`https://${host}:${server.port}/`, request)).toMatchObject({ error: 'tls_failed' })
  })
})

/** The connections end by themselves; the time limit of the test ends the wait. */
const gone = async (connections: ReadonlySet<unknown>) => {
  while (connections.size > 0) await Bun.sleep(5)
}
