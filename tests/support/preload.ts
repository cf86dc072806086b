import { afterAll, afterEach, expect } from 'bun:test'
import { closeOpened } from './opened'
import { toRefuse } from './refuse'

// What the tests may rely on, whatever the machine's environment says.
process.env.NODE_ENV = 'test'
process.env.TZ = 'UTC'

expect.extend({ toRefuse })
afterEach(() => closeOpened({ shared: false }))
afterAll(() => closeOpened({ shared: true }))
