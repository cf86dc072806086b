import { Button, Code } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { Status, When } from '../parts/bits'
import { SmallTable } from '../parts/small-table'

const EVERY_MS = 5000

export const Schedules = () => {
  const { can } = useSession()
  const schedules = useFetched(['jobs', 'schedules'], () => api().admin.schedules.get(), { every: EVERY_MS })
  const run = useAct((name: string) => api().admin.schedules({ name }).run.post(), { said: 'It runs out of turn' })
  return (
    <SmallTable
      of={schedules}
      label="Schedules"
      head={['Schedule', 'Clock (UTC)', 'Next', 'Last', 'Ended', 'Actions']}
      keyOf={({ name }) => name}
      row={({ name, cron, nextRunAt, lastRunAt, lastStatus }) => [
        name,
        <Code key="cron" style={{ whiteSpace: 'nowrap' }}>
          {cron}
        </Code>,
        <When key="next" at={nextRunAt} />,
        <When key="last" at={lastRunAt} />,
        lastStatus ? <Status key="status" of={lastStatus} /> : '—',
        can('jobs:manage') && (
          <Button
            key="run"
            size="compact-xs"
            variant="default"
            aria-label={`Run now: ${name}`}
            onClick={() => run.mutate(name)}
          >
            Run now
          </Button>
        ),
      ]}
      empty="Nothing runs by the clock."
    />
  )
}
