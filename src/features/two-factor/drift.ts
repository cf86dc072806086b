import { type Context, type HealthReport, perApp } from '#core'
import { driftOf, stepOf } from './totp'

/** Steps of 30 seconds around now in which a refused code is recognised as one of another time. Never accepted. */
const LOOKED_AT = 10
/** Refused codes of another time that are remembered; three that agree are no accident of one phone. */
const REMEMBERED = 10
const TELLING = 3

const seen = perApp((): number[] => [])

/** Remembers by how much a refused code was early or late: many of them mean that our clock is wrong, not theirs. */
export const noteDrift = (ctx: Context, secret: string, code: string): void => {
  const step = stepOf(secret, code, ctx.now, LOOKED_AT)
  if (step === undefined) return
  const drifts = seen(ctx)
  drifts.push(driftOf(step, ctx.now))
  if (drifts.length > REMEMBERED) drifts.shift()
  ctx.log.warn({ seconds: driftOf(step, ctx.now) * 30 }, 'a code of another time was refused')
}

/** Our own clock has come right, or was right all along. */
export const noteInTime = (ctx: Context): void => void seen(ctx).splice(0)

/** Warns when codes are refused because they belong to another time, all in the same direction. */
export const driftReport = (app: Parameters<typeof seen>[0]): HealthReport => {
  const drifts = seen(app)
  const ahead = drifts.filter((steps) => steps < 0).length
  const agree = drifts.length >= TELLING && (ahead === 0 || ahead === drifts.length)
  const median = drifts.toSorted((a, b) => a - b)[drifts.length >> 1] ?? 0
  return { status: agree ? 'warn' : 'pass', detail: { clockAheadBySeconds: agree ? -median * 30 : 0 } }
}
