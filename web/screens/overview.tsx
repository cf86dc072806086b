import { Card, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatBytes, formatNumber } from '../lib/format'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Facts, When } from '../parts/bits'
import { Health } from '../parts/health'
import { Page } from '../parts/page'
import { System } from '../parts/system'
import { Traffic } from '../parts/traffic'
import { Trouble } from '../parts/trouble'

// The charts are more than half of the whole page.
const ByDay = lazy(() => import('../parts/by-day'))

const Overview = () => {
  const { get, set } = useSearch()
  const { can } = useSession()
  const days = get('days') || '30'
  const stats = useFetched(['stats', days], () => api().admin.stats.get({ query: { days } }), {
    every: 60_000,
    untold: true,
  })
  const system = useFetched(['system'], () => api().admin.system.get(), {
    every: 10_000,
    untold: true,
    enabled: can('system:read'),
  })
  const range = (
    <SegmentedControl
      size="xs"
      value={days}
      onChange={(value) => set({ days: value })}
      data={['7', '30', '90'].map((value) => ({ value, label: `${value} days` }))}
      aria-label="How many days"
    />
  )
  return (
    <Page title="Overview" hint="How the service does.">
      {stats.isError && <Trouble error={stats.error} again={() => stats.refetch()} />}
      {stats.isPending && <Skeleton h={360} />}
      {stats.data && (
        <Stack>
          <SimpleGrid cols={{ base: 2, sm: 3, md: 5 }} spacing="sm">
            {inOrder(stats.data.totals).map(([name, value]) => (
              <Figure key={name} label={words(name)} value={figure(name, value)} />
            ))}
            <Figure label="Jobs waiting" value={formatNumber(stats.data.queue.waiting)} />
            <Figure label="Dead jobs" value={formatNumber(stats.data.queue.dead)} bad={stats.data.queue.dead > 0} />
          </SimpleGrid>
          {system.data && <Traffic traffic={system.data.traffic} />}
          <Card withBorder>
            <Group justify="space-between" mb="sm">
              <Title order={2} size="h4">
                Sign-ups and sign-ins
              </Title>
              {range}
            </Group>
            <Suspense fallback={<Skeleton h={240} />}>
              <ByDay signUps={stats.data.signUps} signIns={stats.data.signIns} />
            </Suspense>
          </Card>
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
            <Card withBorder h="100%">
              <Title order={2} size="h4" mb="sm">
                The last 24 hours
              </Title>
              <Facts
                facts={[
                  ['Failed sign-ins', formatNumber(stats.data.errors.failedSignIns)],
                  ['Failed mails', formatNumber(stats.data.errors.failedMails)],
                  ['Dead jobs', formatNumber(stats.data.errors.deadJobs)],
                  ['Queue lag', `${formatNumber(Math.round(stats.data.queue.lagMs))} ms`],
                  ...(stats.data.queue.driver ? ([['Queue driver', stats.data.queue.driver]] as const) : []),
                  [
                    'Database',
                    stats.data.storage.databaseBytes === null
                      ? 'connected'
                      : formatBytes(stats.data.storage.databaseBytes),
                  ],
                  ['Counted', <When key="at" at={stats.data.generatedAt} />],
                ]}
              />
            </Card>
            <Health />
            {system.data && <System system={system.data} />}
          </SimpleGrid>
        </Stack>
      )}
    </Page>
  )
}
export default Overview

const Figure = ({ label, value, bad }: { label: string; value: string; bad?: boolean }) => (
  <Card withBorder padding="sm">
    <Text size="xs" c="dimmed">
      {label}
    </Text>
    <Group gap="xs">
      <Text fw={650} size="xl" c={bad ? 'var(--bad)' : undefined}>
        {value}
      </Text>
    </Group>
  </Card>
)

/** Bytes as such; all else is counted. */
const figure = (name: string, value: number) => (name.endsWith('Bytes') ? formatBytes(value) : formatNumber(value))

/** People first, then what features count, as they come. */
const inOrder = (totals: Record<string, number>) =>
  Object.entries(totals).toSorted(([one], [other]) => Number(/users/i.test(other)) - Number(/users/i.test(one)))

/** `verifiedUsers`: `Verified users`. */
const words = (name: string) => {
  const spaced = name
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace('api ', 'API ')
    .replace(/ bytes$/, ' space')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
