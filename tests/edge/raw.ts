import { connect } from 'node:net'

export interface Wire {
  /** Statuses of all replies that came, in order. */
  statuses: number[]
  text: string
  /** Whether the server ended the connection. */
  closed: boolean
}

/** Milliseconds without a byte after which nothing more is expected. */
const QUIET = 150

/** Sends these very bytes over a connection of their own and reads until the server ends it or falls silent. */
export const send = (port: number, ...parts: (string | Uint8Array)[]): Promise<Wire> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    let quiet: Timer | undefined
    const end = (closed: boolean) => {
      clearTimeout(quiet)
      socket.destroy()
      resolve({
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
        text,
        closed,
      })
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      clearTimeout(quiet)
      quiet = setTimeout(end, QUIET, false)
    })
    // The reply has come, or has not; that the rest could not be written says the same as the end.
    socket.on('error', () => undefined)
    socket.on('close', () => end(true))
    for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
  })

/** A request as text. */
export const request = (line: string, headers: readonly string[] = [], body = '') =>
  `${line} HTTP/1.1\r\n${['Host: localhost', ...headers].map((header) => `${header}\r\n`).join('')}\r\n${body}`
