import { Elysia } from 'elysia'
import type { App } from '#core'

/** `GET /` says what this is and where the documents are. */
export const root = (app: App) =>
  new Elysia({ name: 'root' }).get('/', () => ({
    name: app.config.appName,
    version: app.config.version,
    docs: app.config.swagger ? `${app.config.appUrl}/swagger` : null,
    openapi: app.config.swagger ? `${app.config.appUrl}/swagger/json` : null,
    health: `${app.config.appUrl}/health`,
  }))
