import { t } from 'elysia'
import { type App, minutes, seconds } from '#core'
import { deprecatedUseOf, limitsOf, pageOf, router, trafficOf, versionsOf } from '#http'
import { deprecations } from './deprecations'
import { listEmails, listTemplates, previewEmail, testEmail } from './emails'
import { failures } from './failures'
import { changeLimits } from './rate-limits'
import { DEFAULT_DAYS, stats } from './stats'
import { system } from './system'
import * as model from './system-models'

/** A mail brings its styles along; it may do nothing else, and only our own pages frame it. */
const PREVIEW = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'",
  'x-frame-options': 'SAMEORIGIN',
}

/** How the system does, who should move on, what it mailed, and the limits it holds people to. */
export const systemRoutes = (app: App) =>
  router(app, '/admin')
    .get('/stats', ({ ctx, query }) => stats(ctx, Number(query.days ?? DEFAULT_DAYS)), {
      permission: 'stats:read',
      cached: { ttl: seconds(60), grace: minutes(10), per: 'everybody' },
      summary: 'How much there is, and what happened lately',
      query: model.StatsQuery,
      response: { 200: model.Stats },
    })
    .get('/system', () => system(app, trafficOf(app)), {
      permission: 'system:read',
      summary: 'What is embedded and what connected, and the requests of the last hour',
      response: { 200: model.System },
    })
    .get(
      '/deprecations',
      async ({ ctx, query }) => {
        await deprecatedUseOf(app).write()
        return { versions: versionsOf(app), ...(await deprecations(ctx, Number(query.days ?? DEFAULT_DAYS))) }
      },
      {
        permission: 'system:read',
        summary: 'Who still calls a deprecated version, and which of its routes how often',
        query: model.StatsQuery,
        response: { 200: model.Deprecations },
      },
    )
    .get('/emails', ({ ctx, query }) => listEmails(ctx, query), {
      permission: 'emails:read',
      paged: true,
      summary: 'What was mailed in the last 90 days',
      query: model.EmailQuery,
      response: { 200: pageOf(model.Email) },
    })
    .get('/emails/templates', ({ ctx }) => listTemplates(ctx), {
      permission: 'emails:read',
      summary: 'The kinds of mail there are',
      response: { 200: model.Templates },
    })
    .get(
      '/emails/templates/:name/preview',
      async ({ ctx, params }) => new Response(await previewEmail(ctx, params.name), { headers: PREVIEW }),
      {
        permission: 'emails:read',
        produces: 'text/html',
        summary: 'A kind of mail with made-up content, as an inbox shows it',
        params: model.ByTemplate,
        response: { 200: t.Any() },
        fails: [failures.TEMPLATE_NOT_FOUND],
      },
    )
    .post('/emails/test', ({ ctx, body }) => testEmail(ctx, body.template, body.to), {
      permission: 'emails:manage',
      tier: 'mail',
      summary: 'Send a mail with made-up content, to see how it arrives',
      body: model.TestEmail,
      response: { 200: model.Email },
      fails: [failures.UNKNOWN_TEMPLATE, failures.MAIL_NOT_SENT],
    })
    .get('/settings/rate-limits', () => limitsOf(app).current(), {
      permission: 'settings:manage',
      summary: 'The rate limits in force',
      response: { 200: model.Limits },
    })
    .patch(
      '/settings/rate-limits',
      async ({ ctx, body }) => {
        const limits = limitsOf(app)
        await changeLimits(ctx, body, Object.keys(limits.defaults.tiers))
        return limits.current()
      },
      {
        permission: 'settings:manage',
        summary: 'Change rate limits at once and for good; null takes one back to its default',
        body: model.LimitChange,
        response: { 200: model.Limits },
        fails: [failures.UNKNOWN_TIER, failures.NOTHING_TO_CHANGE],
      },
    )
