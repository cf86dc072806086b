import { Button, Group, Progress, Select } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useAct } from '../lib/act'
import { addressOf, api, type RowOf } from '../lib/api'
import { formatBytes, formatNumber } from '../lib/format'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Status, When } from '../parts/bits'
import { oneOf } from '../parts/filter'
import { List, WIDE } from '../parts/list'
import { Page } from '../parts/page'

const EVERY_MS = 2000
const FORMATS = ['csv', 'json', 'ndjson'] as const
const STATUSES = ['active', 'banned', 'deleted'] as const
const list = () => api().export.get({ query: {} })
type Export = RowOf<typeof list>

const columns: DataTableColumn<Export>[] = [
  {
    accessor: 'kind',
    title: 'What',
    render: ({ kind, format }) => `${kind === 'me' ? 'All about you' : 'People'}, ${format}`,
  },
  {
    accessor: 'status',
    title: 'Status',
    render: ({ status, progress }) =>
      status === 'running' ? (
        <Progress value={progress * 100} aria-label={`${Math.round(progress * 100)} %`} />
      ) : (
        <Status of={status} />
      ),
  },
  { accessor: 'rows', title: 'Rows', ...WIDE, render: ({ rows }) => (rows === null ? '—' : formatNumber(rows)) },
  { accessor: 'size', title: 'Size', ...WIDE, render: ({ size }) => (size === null ? '—' : formatBytes(size)) },
  {
    accessor: 'createdAt',
    title: 'Asked for',
    sortable: true,
    ...WIDE,
    render: ({ createdAt }) => <When at={createdAt} />,
  },
  { accessor: 'expiresAt', title: 'Kept until', ...WIDE, render: ({ expiresAt }) => <When at={expiresAt} none="—" /> },
  {
    accessor: 'actions',
    title: '',
    render: ({ id, status }) => (
      <Group gap="xs">
        {status === 'completed' && (
          <Button component="a" href={addressOf(`/export/${id}/download`)} download size="compact-xs" variant="default">
            Download
          </Button>
        )}
        <Ask
          label={status === 'pending' || status === 'running' ? 'Cancel…' : 'Delete…'}
          size="compact-xs"
          title="This export goes, with its file"
          submit="Let it go"
          danger
          call={() => api().export({ exportId: id }).delete()}
          said="The export is gone"
        />
      </Group>
    ),
  },
]

const Exports = () => {
  const { can } = useSession()
  const mine = useAct(() => api().export.me.post({}), { said: 'It is being put together', refresh: ['exports'] })
  return (
    <Page
      title="Exports"
      hint="Files to take away. A mail says when one is ready."
      actions={
        <>
          <Button size="xs" variant="default" loading={mine.isPending} onClick={() => mine.mutate(undefined)}>
            All about me
          </Button>
          {can('users:export') && (
            <Ask
              label="Export people…"
              title="Write people into a file"
              submit="Export"
              variant="filled"
              call={(form) => {
                const status = oneOf(String(form.get('status')), STATUSES)
                return api().export.users.post({
                  format: oneOf(String(form.get('format')), FORMATS) ?? 'csv',
                  ...(status && { filter: status === 'deleted' ? { deleted: 'only' } : { status } }),
                })
              }}
              said="The export has begun"
            >
              <Select name="format" label="Format" data={[...FORMATS]} defaultValue="csv" allowDeselect={false} />
              <Select name="status" label="Who" placeholder="Everybody" data={[...STATUSES]} clearable />
            </Ask>
          )}
        </>
      }
    >
      <List<Export>
        label="Exports"
        name={['exports']}
        sort="-createdAt"
        every={EVERY_MS}
        call={(query) => api().export.get({ query })}
        columns={columns}
        empty="Nothing was exported yet. Export people, or all that is held about you."
      />
    </Page>
  )
}
export default Exports
