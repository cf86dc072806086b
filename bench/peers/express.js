// Express 5 as most of its guides have it: passport-jwt, express-rate-limit, better-sqlite3, pino-http.
import { createSecretKey, randomUUID } from 'node:crypto'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { pinoHttp } from 'pino-http'
import { openDatabase, profile, settings } from './work.js'

const me = openDatabase()
const app = express()

app.use(
  pinoHttp({
    genReqId: (_request, response) => {
      const id = randomUUID()
      response.setHeader('x-request-id', id)
      return id
    },
    serializers: {
      req: (request) => ({ id: request.id, method: request.method, path: request.url, ip: request.remoteAddress }),
      res: (response) => ({ status: response.statusCode }),
    },
  }),
)
app.use(rateLimit({ windowMs: 60_000, limit: settings.limit, standardHeaders: 'draft-8', legacyHeaders: false }))

passport.use(
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // jsonwebtoken first tries a string as a public key, which costs more than all the rest of the request.
      secretOrKey: settings.tuned ? createSecretKey(Buffer.from(settings.secret)) : settings.secret,
      algorithms: ['HS256'],
    },
    (token, done) => done(null, me.get(token.sid, token.sub, Date.now()) ?? false),
  ),
)

app.get('/api/v1/users/me', passport.authenticate('jwt', { session: false }), (request, response) => {
  response.json(profile(request.user))
})

app.listen(settings.port, '127.0.0.1')
