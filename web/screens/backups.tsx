import { Button, Group, Text, TextInput } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useAct } from '../lib/act'
import { addressOf, api, type RowOf } from '../lib/api'
import { formatBytes, formatNumber } from '../lib/format'
import { prove } from '../lib/step-up'
import { say } from '../lib/toasts'
import { Ask } from '../parts/ask'
import { Status, When } from '../parts/bits'
import { List, WIDE } from '../parts/list'
import { Page } from '../parts/page'

const EVERY_MS = 3000
const list = () => api().admin.backups.get({ query: {} })
type Backup = RowOf<typeof list>

/** A file cannot be shown a dialog: the password is asked for before the browser goes and gets it. */
const fetchFile = async (id: string) => {
  if (await prove()) location.assign(addressOf(`/admin/backups/${id}/download`))
}

const columns: DataTableColumn<Backup>[] = [
  {
    accessor: 'createdAt',
    title: 'Made',
    sortable: true,
    render: ({ createdAt, problem }) => (
      <div>
        <When at={createdAt} />
        {problem && (
          <Text size="xs" c="red">
            {problem}
          </Text>
        )}
      </div>
    ),
  },
  { accessor: 'status', title: 'Status', render: ({ status }) => <Status of={status} /> },
  { accessor: 'size', title: 'Size', ...WIDE, render: ({ size }) => (size === null ? '—' : formatBytes(size)) },
  { accessor: 'encrypted', title: 'Encrypted', ...WIDE, render: ({ encrypted }) => (encrypted ? 'yes' : 'no') },
  {
    accessor: 'verifiedAt',
    title: 'Verified',
    ...WIDE,
    render: ({ verified, verifiedAt }) => (verified ? <When at={verifiedAt} /> : 'no'),
  },
  { accessor: 'actions', title: '', render: (backup) => <Actions backup={backup} /> },
]

const Actions = ({ backup: { id, status } }: { backup: Backup }) => {
  const it = () => api().admin.backups({ id })
  const verify = useAct(() => it().verify.post(), { said: 'The backup is whole', refresh: ['backups'] })
  return (
    <Group gap="xs">
      {status === 'completed' && (
        <>
          <Button
            size="compact-xs"
            variant="default"
            loading={verify.isPending}
            onClick={() => verify.mutate(undefined)}
          >
            Verify
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => fetchFile(id)}>
            Download
          </Button>
          <Ask
            label="Restore…"
            size="compact-xs"
            title="Put this backup in the place of the database"
            hint="What happened since then is gone. Requests wait meanwhile. Type restore to go on, or leave it empty to try it without changing anything."
            submit="Go on"
            danger
            call={(form) =>
              api().admin.restore.post({ backupId: id, dryRun: String(form.get('word')).trim() !== 'restore' })
            }
            done={({ dryRun, rows }) =>
              say(
                `${formatNumber(Object.values(rows).reduce((sum, count) => sum + count, 0))} rows ${dryRun ? 'could be restored' : 'were restored'}`,
              )
            }
          >
            <TextInput name="word" label="Confirmation" placeholder="restore" autoComplete="off" data-autofocus />
          </Ask>
        </>
      )}
      {status !== 'running' && (
        <Ask
          label="Delete…"
          size="compact-xs"
          title="Delete this backup"
          submit="Delete"
          danger
          call={() => it().delete()}
          said="The backup is gone"
        />
      )}
    </Group>
  )
}

const Backups = () => {
  const make = useAct(() => api().admin.backup.post(), { said: 'The backup is being made', refresh: ['backups'] })
  return (
    <Page
      title="Backups"
      hint="Copies of everything, each opened once to see that it is whole."
      actions={
        <Button size="xs" loading={make.isPending} onClick={() => make.mutate(undefined)}>
          Back up now
        </Button>
      }
    >
      <List<Backup>
        label="Backups"
        name={['backups']}
        sort="-createdAt"
        every={EVERY_MS}
        call={(query) => api().admin.backups.get({ query })}
        columns={columns}
        empty="No backup yet. Make one now; the schedule makes one each night."
      />
    </Page>
  )
}
export default Backups
