import { Card, Grid, Group, SegmentedControl, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatBytes, formatNumber } from '../lib/format'
import { useSearch } from '../lib/router'
import { Facts, When } from '../parts/bits'
import { Health } from '../parts/health'
import { Page } from '../parts/page'
import { Trouble } from '../parts/trouble'

// The charts are more than half of the whole page.
const ByDay = lazy(() => import('../parts/by-day'))

const Overview = () => {
  const { get, set } = useSearch()
  const days = get('days') || '30'
  const stats = useFetched(['stats', days], () => api().admin.stats.get({ query: { days } }), { every: 60_000 })
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
    <Page title="Overview" hint="How the service does." actions={range}>
      {stats.isError && <Trouble error={stats.error} again={() => stats.refetch()} />}
      {stats.isPending && <Skeleton h={360} />}
      {stats.data && (
        <Stack>
          <SimpleGrid minColWidth="132px" spacing="sm">
            {Object.entries(stats.data.totals).map(([name, value]) => (
              <Figure key={name} label={words(name)} value={formatNumber(value)} />
            ))}
            <Figure label="Jobs waiting" value={formatNumber(stats.data.queue.waiting)} />
            <Figure label="Dead jobs" value={formatNumber(stats.data.queue.dead)} bad={stats.data.queue.dead > 0} />
          </SimpleGrid>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Sign-ups and sign-ins
            </Title>
            <Suspense fallback={<Skeleton h={240} />}>
              <ByDay signUps={stats.data.signUps} signIns={stats.data.signIns} />
            </Suspense>
          </Card>
          <Grid>
            <Grid.Col span={{ base: 12, md: 6 }}>
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
                    ['Storage', stats.data.storage.driver],
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
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 6 }}>
              <Health />
            </Grid.Col>
          </Grid>
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
      <Text fw={650} size="xl" c={bad ? 'red.9' : undefined}>
        {value}
      </Text>
    </Group>
  </Card>
)

/** `activeApiKeys`: `Active api keys`. */
const words = (name: string) => {
  const spaced = name.replace(/([A-Z])/g, ' $1').toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
