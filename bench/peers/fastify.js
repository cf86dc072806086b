// Fastify 5 as its documentation has it: @fastify/jwt, @fastify/rate-limit, better-sqlite3, its own pino.
import { randomUUID } from 'node:crypto'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import Fastify, { LogController } from 'fastify'
import { openDatabase, profile, settings } from './work.js'

const text = { type: 'string' }
const User = {
  type: 'object',
  properties: {
    id: text,
    email: text,
    name: text,
    avatarUrl: { type: ['string', 'null'] },
    emailVerified: { type: 'boolean' },
    role: text,
    twoFactorEnabled: { type: 'boolean' },
    createdAt: text,
    updatedAt: text,
  },
}

const me = openDatabase()
// One access line per request, not the two that it writes by default.
const app = Fastify({
  logger: true,
  logController: new LogController({ disableRequestLogging: true }),
  genReqId: () => randomUUID(),
})

await app.register(rateLimit, { max: settings.limit, timeWindow: '1 minute', enableDraftSpec: true })
await app.register(jwt, { secret: settings.secret, verify: { algorithms: ['HS256'], cache: settings.tuned } })

app.addHook('onRequest', async (request, reply) => {
  reply.header('x-request-id', request.id)
})
app.addHook('onResponse', async (request, reply) => {
  request.log.info(
    {
      method: request.method,
      path: request.url,
      status: reply.statusCode,
      ip: request.ip,
      durationMs: reply.elapsedTime,
    },
    'request',
  )
})

app.get('/api/v1/users/me', { schema: { response: { 200: User } } }, async (request, reply) => {
  await request.jwtVerify()
  const row = me.get(request.user.sid, request.user.sub, Date.now())
  if (!row) return reply.code(401).send({ code: 'invalid_session' })
  return profile(row)
})

await app.listen({ port: settings.port, host: '127.0.0.1' })
