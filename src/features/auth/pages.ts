import { Elysia } from 'elysia'
import type { App } from '#core'
import { linkPages } from './link-pages'
import { passwordPages } from './password-pages'
import { setupPage } from './setup-pages'

/** Where mailed links lead, unless a front end takes their place at `APP_URL`. Forms without script. */
export const pages = (app: App) =>
  new Elysia({ name: 'auth-pages' }).use(linkPages(app)).use(passwordPages(app)).use(setupPage(app))
