import { Button, Drawer, Group, Stack } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { useAct } from '../lib/act'
import { addressOf, api, type RowOf } from '../lib/api'
import { formatAction, formatNumber, formatTime } from '../lib/format'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { complain, say } from '../lib/toasts'
import { Copyable, Facts, Json, Status, When } from '../parts/bits'
import { Diff } from '../parts/diff'
import { Choice, oneOf, Words } from '../parts/filter'
import { List, WIDE } from '../parts/list'
import { Opener } from '../parts/opener'
import { Page } from '../parts/page'

const OUTCOMES = ['success', 'failure'] as const
const list = () => api().admin['audit-logs'].get({ query: {} })
type Entry = RowOf<typeof list>

const columns = (open: (entry: Entry) => void): DataTableColumn<Entry>[] => [
  {
    accessor: 'action',
    title: 'What',
    render: (entry) => <Opener onClick={() => open(entry)}>{formatAction(entry.action)}</Opener>,
  },
  { accessor: 'actor', title: 'Who', render: ({ actor }) => actor.name ?? actor.id ?? actor.type },
  {
    accessor: 'resource',
    title: 'To what',
    ...WIDE,
    render: ({ resource }) => `${resource.type} ${resource.label ?? resource.id}`,
  },
  { accessor: 'ip', title: 'From', ...WIDE, render: ({ ip }) => ip ?? '—' },
  { accessor: 'outcome', title: 'Outcome', ...WIDE, render: ({ outcome }) => <Status of={outcome} /> },
  { accessor: 'createdAt', title: 'When', sortable: true, render: ({ createdAt }) => <When at={createdAt} /> },
]

const Audit = () => {
  const { get } = useSearch()
  const { can } = useSession()
  const [entry, setEntry] = useState<Entry>()
  const verify = useAct(() => api().admin['audit-logs'].verify.get({ query: {} }), {
    refresh: ['audit'],
    done: ({ ok, checked, firstBroken, next }) =>
      ok
        ? say(
            `${formatNumber(checked)} entries hold${next === undefined ? '' : '; the rest is checked with the next look'}`,
          )
        : complain(new Error(`Somebody has changed the log: entry ${firstBroken?.seq} does not hold`)),
  })
  const filters = {
    action: get('action') || undefined,
    actorId: get('actorId') || undefined,
    resource: get('resource') || undefined,
    requestId: get('requestId') || undefined,
    outcome: oneOf(get('outcome'), OUTCOMES),
  }
  const chosen = Object.entries(filters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return (
    <Page
      title="Audit log"
      hint="Who did what, and who was refused. Each entry seals the one before it."
      actions={
        <>
          <Button size="xs" variant="default" loading={verify.isPending} onClick={() => verify.mutate(undefined)}>
            Verify
          </Button>
          {can('audit:export') && (
            <Button
              size="xs"
              variant="default"
              component="a"
              href={addressOf(`/admin/audit-logs/export?${new URLSearchParams(chosen)}`)}
              download
            >
              Download
            </Button>
          )}
        </>
      }
    >
      <Group gap="xs">
        <Words name="action" label="Action, such as user.*" />
        <Words name="actorId" label="Id of who did it" />
        <Words name="resource" label="To what, such as user" />
        <Words name="requestId" label="Request id" />
        <Choice name="outcome" label="Outcome" options={OUTCOMES} />
      </Group>
      <List<Entry>
        label="Audit log"
        name={['audit', filters]}
        sort="-createdAt"
        call={(query) => api().admin['audit-logs'].get({ query: { ...query, ...filters } })}
        columns={columns(setEntry)}
        open={setEntry}
        empty="Nothing fits these filters. Clear one to see more."
      />
      <EntryDrawer entry={entry} close={() => setEntry(undefined)} />
    </Page>
  )
}
export default Audit

const EntryDrawer = ({ entry, close }: { entry: Entry | undefined; close: () => void }) => (
  <Drawer
    opened={entry !== undefined}
    onClose={close}
    position="right"
    size="lg"
    title={entry ? formatAction(entry.action) : ''}
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    {entry && (
      <Stack>
        <Facts
          facts={[
            ['Action', entry.action],
            ['Outcome', <Status key="outcome" of={entry.outcome} />],
            ['Who', entry.actor.name ?? entry.actor.id ?? entry.actor.type],
            ...(entry.impersonatorId ? ([['In their place', entry.impersonatorId]] as const) : []),
            ['To what', `${entry.resource.type} ${entry.resource.label ?? entry.resource.id}`],
            ['When', formatTime(entry.createdAt)],
            ['From', entry.ip],
            ['Browser', entry.userAgent],
            ['Request', entry.requestId ? <Copyable key="request" text={entry.requestId} /> : '—'],
            ['Entry', `${entry.seq}`],
          ]}
        />
        {(entry.before !== undefined || entry.after !== undefined) && (
          <Diff before={entry.before} after={entry.after} />
        )}
        {Object.keys(entry.details).length > 0 && <Json of={entry.details} />}
      </Stack>
    )}
  </Drawer>
)
