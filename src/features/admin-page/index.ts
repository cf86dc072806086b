import { defineFeature } from '#core'
import { pages } from './pages'
import { routes } from './routes'

/** The page at `/admin`. Its source is in `web/`; all it does goes through the API. */
export const adminPage = defineFeature({ name: 'admin-page', routes, pages })
