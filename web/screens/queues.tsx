import { Button } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatNumber } from '../lib/format'
import { useSession } from '../lib/session'
import { Status } from '../parts/bits'
import { SmallTable } from '../parts/small-table'

const EVERY_MS = 2000

export const Queues = () => {
  const { can } = useSession()
  const queues = useFetched(['jobs', 'queues'], () => api().admin.queues.get(), { every: EVERY_MS })
  const turn = useAct(({ name, paused }: { name: string; paused: boolean }) =>
    paused ? api().admin.queues({ name }).resume.post() : api().admin.queues({ name }).pause.post(),
  )
  return (
    <SmallTable
      of={queues}
      label="Queues"
      head={['Queue', 'State', 'Waiting', 'Running', 'Failed', 'Driver', 'Actions']}
      keyOf={({ name }) => name}
      row={({ name, paused, waiting, running, failed, driver }) => [
        name,
        <Status key="state" of={paused ? 'paused' : 'active'} />,
        formatNumber(waiting),
        formatNumber(running),
        formatNumber(failed),
        driver,
        can('jobs:manage') && (
          <Button
            key="turn"
            size="compact-xs"
            variant="default"
            aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
            onClick={() => turn.mutate({ name, paused })}
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        ),
      ]}
      empty="No queue has had work yet."
    />
  )
}
