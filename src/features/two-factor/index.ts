import { eq } from 'drizzle-orm'
import { defineFeature } from '#core'
import { codesLeft } from './backup-codes'
import { challenge, confirm } from './challenge'
import { drop } from './change'
import { driftReport } from './drift'
import { events } from './events'
import { failures } from './failures'
import { mails } from './mails'
import { purgeTwoFactor } from './purge'
import { routes } from './routes'
import { twoFactors } from './schema'
import { countLost, sealAnew } from './vault'

export { resetTwoFactor } from './change'

export const twoFactor = defineFeature({
  name: 'two-factor',
  routes,
  failures,
  events,
  mails,
  jobs: [purgeTwoFactor],
  schedule: [{ name: 'two-factor.purge', cron: '37 3 * * *', job: purgeTwoFactor }],
  signInCheck: { challenge, confirm },
  dropCredentials: (tx, ctx, userId) => drop(tx, ctx, userId, 'set up before the address was verified'),
  health: async (app) => {
    const lost = await countLost(app)
    const { status, detail } = driftReport(app)
    return { status: lost > 0 ? 'warn' : status, detail: { ...detail, unreadable: lost } }
  },
  exportUser: async (ctx, userId) => {
    const { createdAt, enabledAt } = twoFactors
    const [factor] = await ctx.db.select({ createdAt, enabledAt }).from(twoFactors).where(eq(twoFactors.userId, userId))
    return { 'two-factor.json': factor ? { ...factor, backupCodesLeft: await codesLeft(ctx.db, userId) } : null }
  },
  eraseUser: (tx, ctx, userId) => drop(tx, ctx, userId, 'erased'),
  // Whatever an older SECRET_KEY has locked is locked anew, so that it can be taken away.
  seed: sealAnew,
})
