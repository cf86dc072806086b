import { type App, contextOf, defineEvent, defineFeature, type Feature, t } from '#core'
import { journal, transaction } from '#db'
import * as list from '../../src/features'

const happened = defineEvent('thing.happened', {
  payload: t.Object({ userId: t.Optional(t.String()), text: t.String() }),
  subject: () => ({ type: 'thing', id: 'one' }),
  about: ({ userId }) => userId,
  summary: 'made something happen',
  public: true,
})
const hidden = defineEvent('thing.hidden', {
  payload: t.Object({ userId: t.Optional(t.String()), text: t.String() }),
  subject: () => ({ type: 'thing', id: 'one' }),
  about: ({ userId }) => userId,
  summary: 'hid something',
})

/** All features, and one whose events may hold anything. */
export const withHappenings: readonly Feature[] = [
  ...Object.values(list),
  defineFeature({ name: 'happenings', events: [happened, hidden] }),
]

export interface Happening {
  userId?: string
  text?: string
  /** Not offered to webhooks. */
  secret?: boolean
  /** The change fails after the event was recorded. */
  undone?: boolean
}

/** Lets something happen: a transaction with an event. */
export const happen = (app: App, { userId, text = 'hello', secret, undone }: Happening = {}) => {
  const ctx = contextOf(app, { actor: { type: 'system', name: 'test' }, requestId: 'request-1', ip: '203.0.113.77' })
  return transaction(ctx, async (tx) => {
    const event = await journal.record(tx, ctx, secret ? hidden : happened, { ...(userId ? { userId } : {}), text })
    if (undone) throw new Error('undone')
    return event
  })
}
