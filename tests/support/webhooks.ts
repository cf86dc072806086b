import type { Json, Person } from '#tests'
import { type TestOptions, testApp } from './app'
import { happen, withHappenings } from './happenings'
import { remember } from './opened'
import { misbehaving, type Receiver, receiver } from './receiver'

/** Settings under which receivers may listen on the loopback interface. */
export const LOOPBACK = { WEBHOOK_ALLOW_HTTP: 'on', WEBHOOK_ALLOW_PRIVATE: 'on', RATE_LIMIT: 'off' }

/** A receiver that is stopped after the test. */
export const listening = (...given: Parameters<typeof receiver>): Receiver => {
  const made = receiver(...given)
  remember({ close: made.stop, shared: false })
  return made
}

/** A receiver that misbehaves until after the test. */
export const bad = async (...given: Parameters<typeof misbehaving>) => {
  const made = await misbehaving(...given)
  remember({ close: async () => made.stop(), shared: false })
  return made
}

/** An App whose webhooks may lead to this machine, with Ada signed up. */
export const stage = async (env: Record<string, string> = {}, options: TestOptions = {}) => {
  const made = await testApp({ features: withHappenings, ...options, env: { ...LOOPBACK, ...env } })
  const userId = await made.as.ada.id()
  await made.runJobs()
  /** Something happens to Ada, and all jobs run. */
  const go = async (text = 'hello') => {
    const event = await happen(made.app, { userId, text })
    await made.runJobs()
    return event
  }
  return { ...made, userId, go }
}

export const subscribe = (person: Person, url: string, more: object = {}): Promise<Json> =>
  person.post('/webhooks', { url, events: ['thing.happened'], ...more }).json()

/** What was sent to an endpoint, newest first. */
export const deliveries = async (person: Person, id: string): Promise<Json[]> =>
  (await person.get(`/webhooks/${id}/deliveries`).json()).data
