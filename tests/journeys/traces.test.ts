import { describe, expect, test } from 'bun:test'
import { memoryLog, type TestOptions, tempFolder, testApp } from '#tests'
import { collector } from '../support/collector'
import { remember } from '../support/opened'
// <webhooks>
import { LOOPBACK, listening, subscribe } from '../support/webhooks'

// </webhooks>

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLERS_SPAN = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${CALLERS_SPAN}-01`

const stage = (env: Record<string, string> = {}, options: TestOptions = {}) =>
  testApp({ ...options, env: { RATE_LIMIT: 'off', ...env } })

const collecting = () => {
  const made = collector()
  remember({ close: made.stop, shared: false })
  return made
}

describe('with a collector', () => {
  // <webhooks>
  test('one trace leads from the request over what it changed and its job to the webhook that tells of it', async () => {
    const traces = collecting()
    const { as, runJobs, close } = await stage({
      ...LOOPBACK,
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collect',
      OTEL_SERVICE_NAME: 'keel-test',
    })
    const server = listening()
    await subscribe(as.ada, server.url, { events: ['user.updated'] })
    const reply = await as.ada.patch('/users/me', { name: 'Ada King' }, { headers: { traceparent: TRACEPARENT } })
    expect(reply.status).toBe(200)
    await runJobs()
    await close()

    expect(traces.received[0]?.path).toBe('/v1/traces')
    expect(traces.received[0]?.headers.authorization).toBe('Bearer collect')
    expect(traces.resource()).toMatchObject({ 'service.name': 'keel-test', 'service.version': expect.any(String) })
    const ours = traces.spans().filter(({ traceId }) => traceId === TRACE)
    const named = (name: string) => {
      const found = ours.find((span) => span.name === name)
      if (!found) throw new Error(`No span ${name} among ${ours.map((span) => span.name)}`)
      return found
    }
    const request = named('PATCH /api/v1/users/me')
    expect(request.parentSpanId).toBe(CALLERS_SPAN)
    expect(request.attributes).toMatchObject({
      'http.route': '/api/v1/users/me',
      'http.response.status_code': 200,
      'keel.request_id': reply.headers.get('x-request-id'),
    })
    expect(request.events).toEqual(['user.updated'])
    expect(named('transaction').parentSpanId).toBe(request.spanId)
    const job = named('webhooks.fan-out')
    expect(job.parentSpanId).toBe(request.spanId)
    const webhook = named('webhook')
    expect(webhook.parentSpanId).toBe(job.spanId)
    expect(webhook.attributes).toMatchObject({ 'http.response.status_code': 204 })
    // The receiver's own trace goes on from there.
    expect(server.received[0]?.headers.traceparent).toBe(`00-${TRACE}-${webhook.spanId}-01`)
  })
  // </webhooks>

  test('a mail is a span below the request that asked for it, and nothing tells whose it is', async () => {
    const traces = collecting()
    const { as, anon, runJobs, close } = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url })
    await as.ada.get('/auth/me')
    await anon.post('/auth/forgot-password', { email: 'ada@example.com' }, { headers: { traceparent: TRACEPARENT } })
    await runJobs()
    await close()
    const ours = traces.spans().filter(({ traceId }) => traceId === TRACE)
    const mail = ours.find(({ name }) => name === 'mail')
    const job = ours.find(({ spanId }) => spanId === mail?.parentSpanId)
    expect(job?.name).toBe('mail.deliver')
    expect(mail?.attributes).toMatchObject({ 'keel.mail': 'reset-password' })
    const everything = traces.received.map(({ raw }) => raw).join('')
    expect(everything).not.toContain('ada@example.com')
    expect(everything).not.toContain('token=')
  })

  test('a refusal is no failure of ours, and a stranger’s words are not in it', async () => {
    const traces = collecting()
    const { outside, anon, close } = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url })
    await outside.get('/nothing/here?secret=1')
    await anon.get('/auth/me')
    await outside.get('/health/live')
    await close()
    const spans = traces.spans().filter(({ kind }) => kind === 2)
    expect(spans.filter(({ name }) => name === 'unmatched')).toMatchObject([
      { status: 0, attributes: { 'http.response.status_code': 404, 'error.type': 'not_found' } },
    ])
    expect(spans.some(({ attributes }) => attributes['error.type'] === 'unauthenticated')).toBe(true)
    expect(spans.filter(({ name }) => name.includes('health'))).toEqual([])
    expect(traces.received.map(({ raw }) => raw).join('')).not.toContain('nothing/here')
  })

  test.each(['nonsense', `00-${'0'.repeat(32)}-${CALLERS_SPAN}-01`, `00-${TRACE}-${CALLERS_SPAN}-01-more`])(
    'the traceparent %p is not taken for one',
    async (traceparent) => {
      const traces = collecting()
      const { anon, close } = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url })
      expect((await anon.get('/auth/me', { headers: { traceparent } })).status).toBe(401)
      await close()
      expect(traces.spans().filter(({ kind, parentSpanId }) => kind === 2 && parentSpanId)).toEqual([])
    },
  )

  test('none is kept where the share is 0, and what a caller left out stays out', async () => {
    const traces = collecting()
    const silent = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, OTEL_TRACES_SAMPLER_ARG: '0' })
    await silent.as.ada.get('/auth/me', { headers: { traceparent: TRACEPARENT } })
    await silent.close()
    const other = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url })
    const before = traces.received.length
    await other.anon.get('/auth/me', { headers: { traceparent: TRACEPARENT.replace(/01$/, '00') } })
    await other.close()
    expect(before).toBe(0)
    expect(traces.spans().filter(({ traceId }) => traceId === TRACE)).toEqual([])
  })

  test('one that is away costs no request, and is told of once', async () => {
    const { log, lines } = memoryLog()
    const { as, close } = await stage({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', LOG_LEVEL: 'warn' }, { log })
    expect((await as.ada.get('/auth/me')).status).toBe(200)
    await close()
    expect(lines().filter(({ msg }) => String(msg).includes('trace collector'))).toHaveLength(1)
  })
})

describe('without a collector', () => {
  // <webhooks>
  test('a caller’s trace is handed on to the receiver of the webhook, and nobody is called', async () => {
    const { app, as, runJobs } = await stage(LOOPBACK)
    const server = listening()
    await subscribe(as.ada, server.url, { events: ['user.updated'] })
    await as.ada.patch('/users/me', { name: 'Ada King' }, { headers: { traceparent: TRACEPARENT } })
    await runJobs()
    expect(app.traces).toBeUndefined()
    expect(server.received.map(({ headers }) => headers.traceparent)).toEqual([TRACEPARENT])
  })
  // </webhooks>

  test('no line of OpenTelemetry is loaded', () => {
    // A process of its own: in this one, other tests have loaded it.
    const script = `const { openApp } = await import('./src/app.ts'); const { loadConfig } = await import('./src/config.ts')
      await openApp(loadConfig({ NODE_ENV: 'test', DATA_DIR: process.env.DIR, SECRET_KEY: '0123456789abcdef0123456789abcdef' }))
      console.log(JSON.stringify(Object.keys(require.cache).filter((path) => path.includes('@opentelemetry')))); process.exit(0)`
    const folder = tempFolder()
    const { stdout } = Bun.spawnSync([process.execPath, '-e', script], {
      cwd: `${import.meta.dir}/../..`,
      env: { PATH: process.env.PATH, DIR: folder.path },
    })
    folder.remove()
    expect(JSON.parse(stdout.toString())).toEqual([])
  })
})
