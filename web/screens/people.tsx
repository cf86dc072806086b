import { Group, Text } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useFetched } from '../lib/act'
import { api, type RowOf } from '../lib/api'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Status, When } from '../parts/bits'
import { Choice, oneOf, Words } from '../parts/filter'
import { List, type ListQuery, WIDE } from '../parts/list'
import { Opener } from '../parts/opener'
import { Page } from '../parts/page'
import { PersonDrawer } from './person'

const SEARCH_LIMIT = '50'
const STATUSES = ['active', 'banned', 'deleted'] as const
const YES_NO = ['true', 'false'] as const

const list = (query: ListQuery & Parameters<typeof filtered>[0]) => api().admin.users.get({ query: filtered(query) })
const filtered = <Q extends { status?: string | undefined }>({ status, ...query }: Q) => ({
  ...query,
  // Deleted people are a list of their own.
  ...(status === 'deleted' ? { deleted: 'only' as const } : { status: oneOf(status ?? '', STATUSES) }),
})
type Person = RowOf<typeof list>

const columns = (open: (id: string) => void): DataTableColumn<Person>[] => [
  {
    accessor: 'name',
    title: 'Name',
    sortable: true,
    render: ({ id, name, email }) => (
      <div>
        <Opener onClick={() => open(id)}>{name}</Opener>
        <Text size="xs" c="dimmed">
          {email}
        </Text>
      </div>
    ),
  },
  { accessor: 'role', title: 'Role', ...WIDE },
  { accessor: 'status', title: 'Status', width: 110, render: ({ status }) => <Status of={status} /> },
  {
    accessor: 'emailVerified',
    title: 'Verified',
    ...WIDE,
    render: ({ emailVerified }) => (emailVerified ? 'yes' : 'no'),
  },
  {
    accessor: 'twoFactorEnabled',
    title: 'Second factor',
    ...WIDE,
    render: ({ twoFactorEnabled }) => (twoFactorEnabled ? 'on' : 'off'),
  },
  {
    accessor: 'lastSeenAt',
    title: 'Last seen',
    sortable: true,
    ...WIDE,
    render: ({ lastSeenAt }) => <When at={lastSeenAt} />,
  },
  {
    accessor: 'createdAt',
    title: 'Since',
    sortable: true,
    ...WIDE,
    render: ({ createdAt }) => <When at={createdAt} />,
  },
]

const People = () => {
  const { get, set } = useSearch()
  const { can } = useSession()
  const roles = useFetched(['roles'], () => api().admin.roles.get({ query: { limit: '100' } }), {
    enabled: can('roles:read'),
  })
  const q = get('q')
  const open = (id: string) => set({ person: id }, { replace: false })
  const filters = {
    status: get('status'),
    role: get('role') || undefined,
    verified: oneOf(get('verified'), YES_NO),
  }
  return (
    <Page title="People" hint="Everybody who has an account.">
      <Group gap="xs">
        <Words name="q" label="Search by name or address" w={260} />
        {!q && (
          <>
            <Choice name="status" label="Status" options={can('users:delete') ? STATUSES : STATUSES.slice(0, 2)} />
            {roles.data && <Choice name="role" label="Role" options={roles.data.data.map(({ name }) => name)} />}
            <Choice name="verified" label="Verified" options={YES_NO} />
          </>
        )}
      </Group>
      <List<Person>
        label="People"
        name={['people', q, filters]}
        sort="-createdAt"
        call={(query) =>
          q ? api().users.search.get({ query: { q, limit: SEARCH_LIMIT } }) : list({ ...query, ...filters })
        }
        columns={columns(open)}
        open={({ id }) => open(id)}
        empty={
          q ? 'Nobody is called that. Try fewer letters.' : 'Nobody fits these filters. Clear one to see more people.'
        }
      />
      <PersonDrawer id={get('person')} close={() => set({ person: undefined, tab: undefined })} />
    </Page>
  )
}
export default People
