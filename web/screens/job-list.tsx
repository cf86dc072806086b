import { Drawer, Group, Progress, Stack } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useFetched } from '../lib/act'
import { api, type RowOf } from '../lib/api'
import { formatTime } from '../lib/format'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Copyable, Facts, Json, Status, When } from '../parts/bits'
import { Choice, oneOf } from '../parts/filter'
import { List, WIDE } from '../parts/list'
import { Opener } from '../parts/opener'

const EVERY_MS = 3000
const STATUSES = ['scheduled', 'waiting', 'running', 'done', 'failed', 'dead'] as const
const list = () => api().admin.jobs.get({ query: {} })
type Job = RowOf<typeof list>

const columns = (open: (id: string) => void): DataTableColumn<Job>[] => [
  { accessor: 'name', title: 'Job', render: ({ id, name }) => <Opener onClick={() => open(id)}>{name}</Opener> },
  { accessor: 'queue', title: 'Queue', ...WIDE },
  {
    accessor: 'status',
    title: 'Status',
    render: ({ status, progress }) =>
      status === 'running' && progress !== undefined ? (
        <Progress value={progress * 100} aria-label={`${Math.round(progress * 100)} %`} />
      ) : (
        <Status of={status} />
      ),
  },
  {
    accessor: 'attempts',
    title: 'Attempts',
    ...WIDE,
    render: ({ attempts, maxAttempts }) => `${attempts} of ${maxAttempts}`,
  },
  { accessor: 'runAt', title: 'Due', ...WIDE, render: ({ runAt }) => <When at={runAt} /> },
  { accessor: 'createdAt', title: 'Added', sortable: true, render: ({ createdAt }) => <When at={createdAt} /> },
]

export const JobList = () => {
  const { get, set } = useSearch()
  const queues = useFetched(['jobs', 'queues'], () => api().admin.queues.get(), { every: EVERY_MS })
  const filters = { status: oneOf(get('status'), STATUSES), queue: get('queue') || undefined }
  const open = (id: string) => set({ job: id }, { replace: false })
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Choice name="status" label="Status" options={STATUSES} />
        <Choice name="queue" label="Queue" options={queues.data?.data.map(({ name }) => name) ?? []} />
      </Group>
      <List<Job>
        label="Jobs"
        name={['jobs', 'list', filters]}
        sort="-createdAt"
        every={EVERY_MS}
        call={(query) => api().admin.jobs.get({ query: { ...query, ...filters } })}
        columns={columns(open)}
        open={({ id }) => open(id)}
        empty="Nothing to do, and nothing done lately. Jobs show up here as soon as something adds one."
      />
      <JobDrawer id={get('job')} close={() => set({ job: undefined })} />
    </Stack>
  )
}

const JobDrawer = ({ id, close }: { id: string; close: () => void }) => {
  const { can } = useSession()
  const fetched = useFetched(['jobs', 'one', id], () => api().admin.jobs({ id }).get(), {
    enabled: id !== '',
    every: EVERY_MS,
  })
  const job = fetched.data?.id === id ? fetched.data : undefined
  const time = (at: string | undefined) => (at ? formatTime(at) : '—')
  return (
    <Drawer
      opened={id !== ''}
      onClose={close}
      position="right"
      size="lg"
      title={job?.name ?? 'Job'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {job && (
        <Stack>
          {can('jobs:manage') && (
            <Group gap="xs">
              <Ask
                label="Run now…"
                title={`Run ${job.name} now`}
                hint="It has all its attempts before it again."
                submit="Run now"
                call={() => api().admin.jobs({ id }).retry.post()}
                said="It is due now"
              />
              <Ask
                label="Discard…"
                title={`Discard ${job.name}`}
                hint="It is gone for good, done or not."
                submit="Discard"
                danger
                call={() => api().admin.jobs({ id }).delete()}
                said="The job is gone"
                done={close}
              />
            </Group>
          )}
          <Facts
            facts={[
              ['Id', <Copyable key="id" text={job.id} />],
              ['Status', <Status key="status" of={job.status} />],
              ['Queue', job.queue],
              ['Attempts', `${job.attempts} of ${job.maxAttempts}`],
              ['Added', time(job.createdAt)],
              ['Due', time(job.runAt)],
              ['Started', time(job.startedAt)],
              ['Ended', time(job.finishedAt)],
              ['Worker', job.worker],
              ['Request', job.requestId ? <Copyable key="request" text={job.requestId} /> : '—'],
            ]}
          />
          {job.lastError && <pre className="code removed">{job.lastError}</pre>}
          <Json of={job.payload} />
        </Stack>
      )}
    </Drawer>
  )
}
