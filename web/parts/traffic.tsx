import { Card, Group, Skeleton, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { formatNumber } from '../lib/format'
import type { Minute } from './traffic-charts'

const Charts = lazy(() => import('./traffic-charts'))

/** Minutes that the numbers above the charts are about. */
const LATELY = 5

/** What the process has had to do in the last hour. */
export const Traffic = ({ traffic }: { traffic: readonly Minute[] }) => {
  const lately = traffic.slice(-LATELY)
  const sum = (of: 'requests' | 'refused' | 'failed') => lately.reduce((total, minute) => total + minute[of], 0)
  const requests = sum('requests')
  const share = (count: number) => (requests === 0 ? '0 %' : `${((100 * count) / requests).toFixed(1)} %`)
  const slowest = Math.max(0, ...lately.map(({ p95 }) => p95 ?? 0))
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Requests
        </Title>
        <Text size="xs" c="dimmed">
          the last hour of this process; numbers: {LATELY} minutes
        </Text>
      </Group>
      <Group gap="xl" mb="md">
        <Gauge of={`${formatNumber(Math.round(requests / LATELY))}`} unit="a minute" />
        <Gauge of={slowest === 0 ? '—' : `≤ ${formatNumber(slowest)} ms`} unit="95 of 100" />
        <Gauge of={share(sum('refused'))} unit="refused (4xx)" />
        <Gauge of={share(sum('failed'))} unit="failed (5xx)" bad={sum('failed') > 0} />
      </Group>
      <Suspense fallback={<Skeleton h={190} />}>
        <Charts traffic={traffic} />
      </Suspense>
    </Card>
  )
}

const Gauge = ({ of, unit, bad = false }: { of: string; unit: string; bad?: boolean }) => (
  <div>
    <Text fw={650} size="lg" c={bad ? 'var(--bad)' : undefined}>
      {of}
    </Text>
    <Text size="xs" c="dimmed">
      {unit}
    </Text>
  </div>
)
