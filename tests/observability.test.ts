import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { testApp } from '#tests'

const FOLDER = join(import.meta.dir, '../deploy/observability')
const TOKEN = 'a-token-for-the-scraper-of-metrics'
/** Made by Prometheus itself for each target. */
const OF_PROMETHEUS = ['up']

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string }[] }[]
}
interface Alerts {
  groups: { rules: Rule[] }[]
}
interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string }
}

const dashboard: Dashboard = await Bun.file(join(FOLDER, 'grafana-dashboard.json')).json()
const { default: alerts }: { default: Alerts } = await import(join(FOLDER, 'alerts.yaml'))
const rules = alerts.groups.flatMap((group) => group.rules)

/** Names of metrics in a query: words that are neither functions nor labels nor values. */
const metricsIn = (query: string) => {
  const bare = query
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
  return [...bare.matchAll(/\b[a-z_]\w*\b(?!\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'by', 'bool'].includes(name) && !/^e\d+$/.test(name))
}

/** What a server that has answered a request, and made and rehearsed a backup, tells the scraper. */
const scrape = async () => {
  const { as, outside, runJobs } = await testApp({ env: { METRICS_TOKEN: TOKEN } })
  await as.ada.get('/auth/me')
  // <backups>
  const { id } = await as.admin.post('/admin/backup').json()
  await runJobs()
  await as.admin.post(`/admin/backups/${id}/verify`).json()
  // </backups>
  await runJobs()
  await as.ada.post('/auth/login', { email: 'ada@example.com', password: 'not the one it should be' })
  const reply = await outside.get('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })
  return reply.text
}

describe('the dashboard and the alerts', () => {
  test('ask for metrics that there are', async () => {
    const text = await scrape()
    const exposed = new Set([...text.matchAll(/^([a-z_]\w*)/gm)].map(([, name]) => name))
    const queries = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...rules.map(({ expr }) => expr),
    ]
    const asked = [...new Set(queries.flatMap(metricsIn))].filter((name) => !OF_PROMETHEUS.includes(name))
    expect(asked.length).toBeGreaterThan(8)
    expect(asked.filter((name) => !exposed.has(name))).toEqual([])
  })

  test('ask for routes, statuses and states that there are', async () => {
    const text = await scrape()
    expect(text).toMatch(/http_requests_total\{method="POST",route="\/api\/v1\/auth\/login",status="401"\} 1/)
    expect(text).toContain('keel_jobs{state="dead"}')
    expect(text).toContain('keel_health{part="database"} 1')
    // <backups>
    expect(text).toContain('keel_backup_drill_passed 1')
    // </backups>
  })

  test('a name that is not exposed would be noticed', () => {
    expect(metricsIn('sum by (job) (rate(http_gone_total{status=~"5.."}[5m])) / 2 > 4e8')).toEqual(['http_gone_total'])
  })
})

test('each alert says what happened, how urgent it is, and is in the handbook', async () => {
  const handbook = await Bun.file(join(import.meta.dir, '../docs/operations.md')).text()
  for (const { alert, labels, annotations } of rules) {
    expect(annotations.summary.length).toBeGreaterThan(10)
    expect(['page', 'ticket']).toContain(labels.severity)
    expect(handbook).toContain(`\`${alert}\``)
  }
})

test('panels are there once each', () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
})
