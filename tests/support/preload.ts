import { afterAll, afterEach, expect, setDefaultTimeout } from 'bun:test'
import { closeOpened } from './opened'
import { toRefuse } from './refuse'

// What the tests may rely on, whatever the machine's environment says.
process.env.NODE_ENV = 'test'
process.env.TZ = 'UTC'

// Real servers, processes and hashes on a busy machine: a test that takes longer hangs.
setDefaultTimeout(60_000)

expect.extend({ toRefuse })
afterEach(() => closeOpened({ shared: false }))
afterAll(() => closeOpened({ shared: true }))
