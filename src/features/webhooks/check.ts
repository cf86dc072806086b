import type { App, Context } from '#core'
import { unknownFilters } from './catalogue'
import { failures, wrong } from './failures'

const REFUSED: Record<NonNullable<Awaited<ReturnType<App['outbound']['check']>>>, string> = {
  invalid_url: 'has to be a full https:// URL without user and password',
  private_address: 'has to lead to a public address',
}

/** Makes sure that a URL may be called. Every call looks again. Throws VALIDATION_FAILED. */
export const checkUrl = async (ctx: Context, url: string): Promise<void> => {
  const refusal = await ctx.outbound.check(url)
  if (!refusal) return
  const { allowHttp } = ctx.config.webhook
  throw wrong('/url', allowHttp ? REFUSED[refusal].replace('https://', 'https:// or http://') : REFUSED[refusal])
}

/** Makes sure that each filter takes an event that there is. Throws VALIDATION_FAILED. */
export const checkFilters = (ctx: Context, filters: readonly string[]): void => {
  const errors = unknownFilters(ctx, filters).map((i) => ({
    path: `/events/${i}`,
    message: 'has to be one of GET /webhooks/event-types, a group of them such as user.*, or *',
  }))
  if (errors.length > 0) throw failures.VALIDATION_FAILED({ errors })
}
