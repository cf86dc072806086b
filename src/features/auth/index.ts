import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { authenticate } from './authenticate'
import { eraseDue } from './erasure'
import { events } from './events'
import { exportUser } from './export'
import { failures } from './failures'
import { countAllSessions } from './help'
import { mails } from './mails'
import { pages } from './pages'
import { purgeAuth } from './purge'
import { accountRoutes, setupRoutes } from './routes'
import { deletionRoutes, sessionRoutes } from './session-routes'
import { revokeSessions } from './sessions'

export { erase } from './erasure'
export * from './events'
export { failures as authFailures } from './failures'
export { firstAdminLink } from './first-admin'
export { countSessions, endSessionOf, logOut, mailReset, sessionsOf } from './help'
export { impersonate } from './impersonation'
export { makeAdmin } from './make-admin'
export {
  Password as PasswordModel,
  Session as SessionModel,
  SessionQuery,
  Tokens as TokensModel,
  Transport as TransportModel,
} from './models'
export { openStream } from './open-stream'
export { prove } from './prove'
export { handOver } from './session-routes'
export { openSession, requireSession, revokeSessions } from './sessions'
export { begin, type SignedIn } from './sign-in'
export { createStreams, type Frame } from './streams'

const routes = (app: App) =>
  new Elysia().use(accountRoutes(app)).use(sessionRoutes(app)).use(deletionRoutes(app)).use(setupRoutes(app))

export const auth = defineFeature({
  name: 'auth',
  routes,
  pages,
  failures,
  events,
  mails,
  jobs: [purgeAuth, eraseDue],
  schedule: [
    { name: 'auth.purge', cron: '17 3 * * *', job: purgeAuth },
    { name: 'users.erase-due', cron: '27 * * * *', job: eraseDue },
  ],
  authenticate,
  exportUser,
  totals: async (ctx) => ({ sessions: await countAllSessions(ctx) }),
  endAccess: async (tx, ctx, userId, reason) => void (await revokeSessions(tx, ctx, userId, reason)),
})
