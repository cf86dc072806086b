import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail as a provider got it. */
export interface Arrived {
  to: string[]
  subject: string
  html: string
  text: string
  /** Names in lower case. */
  headers: Record<string, string>
  /** What says that two mails are one: Idempotency-Key or Message-ID. */
  key?: string
}

/** How a provider behaves from now on. `busy` is a refusal for now, `hang` says nothing, `drop` cuts the connection. */
export type Answer = 'accept' | 'refuse' | 'busy' | 'hang' | 'drop'

interface MailPeer {
  url: string
  answer: (answer: Answer) => void
  arrived: () => Promise<Arrived[]>
  clear: () => void
}

interface ResendBody {
  to: string[]
  subject: string
  html: string
  text: string
  headers?: Record<string, string>
}

/** An HTTP server that takes mails like Resend and keeps them. */
export const resendPeer = (): MailPeer & { reply: (status: number, body: string) => void; stop: () => void } => {
  const mails: Arrived[] = []
  const accept = async (request: Request) => {
    const { to, subject, html, text, headers = {} }: ResendBody = await request.json()
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    mails.push({
      to,
      subject,
      html,
      text,
      headers: Object.fromEntries(named),
      key: request.headers.get('idempotency-key') ?? undefined,
    })
    return Response.json({ id: crypto.randomUUID() })
  }
  const refuse = (status: number) =>
    Response.json({ statusCode: status, name: 'validation_error', message: 'ada@example.com is bad' }, { status })
  const answers: Record<Answer, (request: Request) => Response | Promise<Response>> = {
    accept,
    refuse: () => refuse(422),
    busy: () => refuse(429),
    hang: () => new Promise<Response>(() => undefined),
    // A reply cut short: the mail may have been taken or not.
    drop: () => new Response('{"id":'),
  }
  let current = answers.accept
  const server = Bun.serve({
    port: 0,
    fetch: (request) =>
      request.method === 'POST' &&
      new URL(request.url).pathname === '/emails' &&
      request.headers.get('authorization') === 'Bearer re_test'
        ? current(request)
        : new Response(null, { status: 404 }),
    error: () => new Response(null, { status: 500 }),
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    answer: (answer) => {
      current = answers[answer]
    },
    reply: (status, body) => {
      current = () => new Response(body, { status })
    },
    arrived: async () => [...mails],
    clear: () => void mails.splice(0),
    stop: () => void server.stop(true),
  }
}

/** An SMTP server that takes mails and keeps them; on a free port unless told. */
export const smtpPeer = async (at = 0): Promise<MailPeer & { stop: () => Promise<void> }> => {
  const mails: Arrived[] = []
  let current: Answer = 'accept'
  const sockets = new Set<Socket>()
  const refusal = (code: number) => Object.assign(new Error('ada@example.com is not welcome'), { responseCode: code })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo: (_address, _session, done) => {
      if (current === 'hang') return
      if (current === 'drop') return void Array.from(sockets, (socket) => socket.destroy())
      done(current === 'refuse' ? refusal(550) : current === 'busy' ? refusal(451) : null)
    },
    onData: (stream, session, done) => {
      void buffer(stream).then(async (raw) => {
        mails.push(
          await parsed(
            raw,
            session.envelope.rcptTo.map(({ address }) => address),
          ),
        )
        done()
      })
    },
  })
  // A dropped connection is what a test asked for.
  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    answer: (answer) => {
      current = answer
    },
    arrived: async () => [...mails],
    clear: () => void mails.splice(0),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

const parsed = async (raw: Buffer, to: string[]): Promise<Arrived> => {
  const { subject = '', html = '', text = '', headers, messageId } = await PostalMime.parse(raw)
  return {
    to,
    subject,
    html,
    text,
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
    key: messageId,
  }
}
