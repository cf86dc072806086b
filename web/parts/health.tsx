import { Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { formatAgo, formatBytes } from '../lib/format'
import { Status } from './bits'
import { Trouble } from './trouble'

const EVERY_MS = 15_000

interface Check {
  status: string
  observedValue?: number
  output?: string
  /** What each part adds: seconds, bytes, counts. */
  [detail: string]: unknown
}

interface Report {
  status: string
  checks?: Record<string, Check[]>
}

// The one address outside /api that the page asks: the typed client does not know it.
const look = async (): Promise<Report> => (await fetch('/health')).json()

/** What the service leans on, and whether it holds. */
export const Health = () => {
  const health = useQuery({ queryKey: ['health'], queryFn: look, refetchInterval: EVERY_MS })
  return (
    <Card withBorder h="100%">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Health
        </Title>
        {health.data && <Status of={health.data.status} />}
      </Group>
      {health.isPending && <Skeleton h={160} />}
      {health.isError && <Trouble error={health.error} />}
      <Stack gap={6}>
        {Object.entries(health.data?.checks ?? {}).map(([name, [check]]) => (
          <Group key={name} justify="space-between" wrap="nowrap">
            <Text size="sm">{name}</Text>
            <Group gap="xs" wrap="nowrap">
              <Text size="xs" c="dimmed">
                {check && sayOf(name, check)}
              </Text>
              <Status of={check?.status ?? 'warn'} />
            </Group>
          </Group>
        ))}
      </Stack>
    </Card>
  )
}

/** What matters most about a part, in a few words. */
const sayOf = (name: string, check: Check): string => {
  const { output, observedValue, freeBytes, waiting, lastBackupAge, drillAge, drillPassed } = check
  if (output) return output
  if (name === 'disk' && typeof freeBytes === 'number') return `${formatBytes(freeBytes)} free`
  if (name === 'queue' && typeof waiting === 'number') return `${waiting} waiting`
  if (name === 'backups' && lastBackupAge === null) return 'none yet'
  if (name === 'backups' && typeof lastBackupAge === 'number')
    return typeof drillAge === 'number'
      ? `${ago(lastBackupAge)}; rehearsed ${ago(drillAge)}${drillPassed ? '' : ', failed'}`
      : ago(lastBackupAge)
  return observedValue === undefined ? '' : `${observedValue} ms`
}

const ago = (seconds: number) => formatAgo(new Date(Date.now() - seconds * 1000).toISOString())
