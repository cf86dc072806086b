import { defineFeature } from '#core'
import { afterRestore, keepErased, noteErased } from './erasures'
import { events } from './events'
import { failures } from './failures'
import { health } from './health'
import { mails } from './mails'
import { makeBackup, scheduledBackup } from './make'
import { permissions } from './permissions'
import { prune } from './remove'
import { routes } from './routes'
import { drill } from './verify'

export { begin, beginHere, makeBackup, pack } from './make'
export { CARRIED } from './restore'

export const backups = defineFeature({
  name: 'backups',
  routes,
  failures,
  events,
  mails,
  permissions,
  jobs: [makeBackup, scheduledBackup, keepErased, prune, drill],
  schedule: [
    { name: 'backups.make', cron: (config) => config.backup.cron, job: scheduledBackup },
    { name: 'backups.prune', cron: '13 5 * * *', job: prune },
    { name: 'backups.drill', cron: '23 4 * * 1', job: drill },
  ],
  health,
  eraseUser: noteErased,
  seed: afterRestore,
})
