// <webhooks>
import { openQueue } from '#adapters/queue/open'
import { type App, seconds } from '#core'
import { closeApp, openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'
import { happen, withHappenings } from '../happenings'
import { LOOPBACK } from '../webhooks'

/**
 * A process with the real App, to be killed. `role`: `commit` (something happens to `userId`, and the process is dead
 * before anything follows from it), `happen` (lets things happen and sends webhooks until it is killed; says how often
 * it has happened), `work` (sends webhooks; stops on SIGTERM).
 */
const [dataDir = '', role = '', userId = ''] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)

const SECRET_KEY = 'for tests only: 0123456789abcdef0123456789abcdef'
const config = loadConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, SECRET_KEY, ...LOOPBACK })
const base = await openApp(config, { features: withHappenings })
const queue = openQueue({ ...base, app: () => app }, { lease: 600, poll: 50 })
const app: App = { ...base, queue }

if (role === 'commit') {
  await queue.work()
  app.bus.subscribe('journal', () => process.kill(process.pid, 'SIGKILL'))
  await happen(app, { userId })
}
if (role === 'happen') {
  await queue.work()
  for (let n = 1; ; n++) {
    await happen(app, { userId, text: String(n) })
    say(String(n))
    if (n % 10 === 0) await Bun.sleep(5)
  }
}
if (role === 'work') {
  process.on('SIGTERM', async () => {
    await queue.drain(seconds(2))
    await closeApp(app)
    process.exit(0)
  })
  await queue.work()
  say('ready')
}
// </webhooks>
