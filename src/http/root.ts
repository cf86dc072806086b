import { Elysia } from 'elysia'
import type { App } from '#core'
import { REVALIDATED, staticBytes } from './static'

/** `GET /` says what this is and where the documents are. */
export const root = ({ config }: App) => {
  const about = {
    name: config.appName,
    version: config.version,
    docs: config.swagger ? `${config.appUrl}/swagger` : null,
    openapi: config.swagger ? `${config.appUrl}/swagger/json` : null,
    health: `${config.appUrl}/health`,
  }
  const load = () => new TextEncoder().encode(JSON.stringify(about))
  return new Elysia({ name: 'root' }).get('/', staticBytes(load, 'application/json', REVALIDATED))
}
