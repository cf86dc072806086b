import { describe, expect, test } from 'bun:test'
import { testApp } from '#tests'
import { scripts } from '../package.json'
import { keptFiles } from '../scripts/lib/files'
import { missingIn, read, unknownCommands, unknownDocuments } from './architecture/documents'
import * as rules from './architecture/rules'
import { sourceTree, type Tree } from './architecture/tree'

// What each rule must find, so that none of them holds because it looks nowhere. Number: the rule in docs/architecture.md.
const cases: { rule: rules.Rule; says: string; breaks: Record<string, string> }[] = [
  {
    says: '1. core imports nothing of ours',
    rule: rules.coreImportsNothingOfOurs,
    breaks: { 'src/core/x.ts': "import { y } from '../http/y'; y()" },
  },
  {
    says: '2. an adapter imports core and itself',
    rule: rules.adaptersKeepToThemselves,
    breaks: { 'src/adapters/queue/x.ts': "import { y } from '../cache/y'; y()" },
  },
  {
    says: '3. the edge imports core and itself',
    rule: rules.httpKeepsToItself,
    breaks: { 'src/http/x.ts': "import { transaction } from '#db'; transaction()" },
  },
  {
    says: '4. features meet in the manifest: they import the house, themselves, and users and auth by their index',
    rule: rules.featuresMeetInTheManifest,
    breaks: { 'src/features/files/x.ts': "import { y } from '../webhooks'; y()", 'src/features/webhooks/index.ts': '' },
  },
  {
    says: '4b. the base features are imported by their index',
    rule: rules.featuresMeetInTheManifest,
    breaks: { 'src/features/files/x.ts': "import { y } from '../users/find'; y()", 'src/features/users/find.ts': '' },
  },
  {
    says: '5. inside a feature only routes, models and index know HTTP',
    rule: rules.onlyDoorsKnowHttp,
    breaks: { 'src/features/files/upload.ts': "import { t } from 'elysia'; t.String()" },
  },
  {
    says: '6. features know no driver',
    rule: rules.featuresKnowNoDriver,
    breaks: {
      'src/adapters/mailer/resend.ts': "import { Resend } from 'resend'; new Resend()",
      'src/features/auth/x.ts': "import { Resend } from 'resend'; new Resend()",
    },
  },
  {
    says: '7. only the configuration reads the environment',
    rule: rules.onlyConfigReadsTheEnvironment,
    breaks: { 'src/http/x.ts': 'export const x = () => process.env.PORT' },
  },
  {
    says: '7b. only the app opens drivers',
    rule: rules.onlyAppOpensDrivers,
    breaks: { 'src/mail/x.ts': "import { openBus } from '../adapters/bus/open'; openBus()" },
  },
  {
    says: '8. there are no import cycles',
    rule: rules.noCycles,
    breaks: { 'src/a.ts': "import { b } from './b'; b()", 'src/b.ts': "import { a } from './a'; a()" },
  },
  {
    says: '9. the source needs no test',
    rule: rules.sourceNeedsNoTest,
    breaks: { 'src/a.ts': "import { testApp } from '#tests'; testApp()" },
  },
  {
    says: '10. no file is longer than 250 lines',
    rule: rules.filesAreShort,
    breaks: { 'src/a.ts': 'a()\n'.repeat(251) },
  },
  {
    says: '10b. the median file is shorter than 80 lines',
    rule: rules.theMedianFileIsShort,
    breaks: { 'src/a.ts': 'a()\n'.repeat(90) },
  },
  {
    says: '13. only outbound calls an address that somebody typed in',
    rule: rules.onlyOutboundCallsOut,
    breaks: { 'src/features/webhooks/x.ts': 'export const x = (url: string) => fetch(url)' },
  },
  {
    says: 'the clock is a value: nothing asks the machine for the time',
    rule: rules.onlyTheClockTellsTheTime,
    breaks: { 'src/features/auth/x.ts': 'export const x = () => new Date()' },
  },
  {
    says: 'no module keeps anything: what lives as long as the process is in the App',
    rule: rules.modulesKeepNothing,
    breaks: { 'src/features/auth/x.ts': 'const seen = new Map<string, number>()' },
  },
]

describe.each(cases)('$says', ({ rule, breaks }) => {
  test('holds', async () => {
    expect(rule(await sourceTree())).toEqual([])
  })
  test('would be noticed', () => {
    const tree: Tree = new Map(Object.entries(breaks))
    expect(rule(tree)).not.toEqual([])
  })
})

/** Routes under /api that a stranger may call. A new one is added here on purpose, or it is a hole. */
const OPEN = [
  'POST /auth/register',
  'POST /auth/verify-email',
  'POST /auth/resend-verification',
  'POST /auth/forgot-password',
  'POST /auth/reset-password',
  'POST /auth/confirm-email-change',
  'POST /auth/revert-email-change',
  'POST /auth/login',
  'POST /auth/refresh-token',
  'POST /auth/logout',
  'POST /auth/2fa/challenge',
  'POST /admin/setup',
  // Public files and signed links; a presigned upload to a disk.
  'GET /files/:id/content',
  'PUT /upload/:id/content',
  // By the link in the mail.
  'GET /export/:exportId/download',
]

describe('11. every mounted route', () => {
  const mounted = async () => (await testApp()).api

  // `createApi` throws for a route under /api that says nothing.
  test('is open to strangers only if it is in the list', async () => {
    const { policies } = await mounted()
    const open = policies.filter(({ template, access }) => template.startsWith('/api/') && access.kind === 'public')
    const names = open.map(({ method, template }) => `${method} ${template.replace(/^\/api\/v\d+/, '')}`)
    expect([...new Set(names)].filter((name) => !OPEN.includes(name))).toEqual([])
  })

  test('says what it answers when it succeeds, status by status', async () => {
    const { routes } = await mounted()
    const vague = routes
      .filter(({ path }) => path.startsWith('/api/'))
      .filter(({ hooks }) => !Object.keys(hooks.response ?? {}).some((status) => /^[23]\d\d$/.test(status)))
    expect(vague.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  test('documents each status that it can answer, refusals too', async () => {
    const { outside, api } = await testApp()
    const { paths } = await outside.get('/swagger/json').json()
    const missing: string[] = []
    for (const { method, template, access, body } of api.policies.filter(({ template }) =>
      template.startsWith('/api/v1/'),
    )) {
      const operation = paths[template.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      const statuses = Object.keys(operation?.responses ?? {})
      const wanted = ['429']
      if (access.kind !== 'public') wanted.push('401')
      if (
        access.kind === 'session' ||
        (access.kind === 'user' && (access.permission || access.verified || access.stepUp))
      )
        wanted.push('403')
      if (body === 'json') wanted.push('400', '413', '415', '422')
      for (const status of wanted) if (!statuses.includes(status)) missing.push(`${method} ${template}: ${status}`)
      if (statuses.includes('default')) missing.push(`${method} ${template}: default instead of statuses`)
    }
    expect(missing).toEqual([])
  })
})

describe('12. every transaction that changes a business row', () => {
  test('records an event, or fails', async () => {
    const { app } = await testApp()
    const silent = app.database.transaction(async (tx) => {
      await tx.run('update roles set description = description')
    })
    await expect(silent).rejects.toThrow()
  })
})

describe('14. documents', () => {
  test('cite only paths that exist', async () => {
    const files = await keptFiles()
    const documents = files.filter((file) => file.endsWith('.md'))
    const missing = await Promise.all(documents.map(async (file) => missingIn(file, await read(file), files)))
    expect(missing.flat()).toEqual([])
  })

  const helpOf = async (path: string) => ((await Bun.file(path).exists()) ? await Bun.file(path).text() : undefined)

  test('name only commands that exist, with options that their help has', async () => {
    const documents = (await keptFiles()).filter((file) => file.endsWith('.md'))
    const unknown = await Promise.all(
      documents.map(async (file) => unknownCommands(file, await read(file), scripts, helpOf)),
    )
    expect(unknown.flat()).toEqual([])
  })

  test.each([
    ['`bun run no-such-thing`', 'x.md names bun no-such-thing'],
    ['```sh\nbun scripts/nowhere.ts\n```', 'x.md names bun scripts/nowhere.ts'],
    ['`bun run seed --demo --people 7`', 'x.md names bun seed --people'],
  ])('%s would be noticed', async (text, says) => {
    expect(await unknownCommands('x.md', text, scripts, helpOf)).toEqual([says])
  })

  test('a path that is not there would be noticed', () => {
    expect(
      missingIn('docs/x.md', 'See `src/nowhere.ts`, [here](gone.md) and `src/app.ts`.', ['src/app.ts']),
    ).toHaveLength(2)
  })
})

describe('nothing that is kept in the repository', () => {
  // Written in pieces, so that this file does not contain them itself.
  const WORDS = [
    /\bTO[D]O\b|\bFIX[M]E\b|\bX[X]X\b/,
    /(?<![\w.])\/(home|Users|work|farm)\/[a-z]/,
    /\.\.\/shar[e]d\b/,
    /@ts-igno[r]e|@ts-nochec[k]/,
    /\.(only|todo)[(]['"`]/,
  ]
  const TEXT = /\.(tsx?|md|json|toml|ya?ml|sh|html|css|example)$|^\.ci\/|Dockerfile/

  test('points out of it, or is left half done', async () => {
    const all = await keptFiles()
    const found: string[] = []
    for (const file of all.filter((path) => TEXT.test(path) && !path.startsWith('drizzle/') && path !== 'bun.lock')) {
      const text = await read(file)
      for (const [i, line] of text.split('\n').entries()) {
        if (WORDS.some((word) => word.test(line))) found.push(`${file}:${i + 1}: ${line.trim().slice(0, 120)}`)
      }
      for (const name of unknownDocuments(file, text, all)) found.push(`${file} names ${name}`)
    }
    expect(found).toEqual([])
  })
})
