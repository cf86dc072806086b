import { Anchor, Group } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { api, type RowOf } from '../lib/api'
import { formatBytes } from '../lib/format'
import { Link, useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { When } from '../parts/bits'
import { Words } from '../parts/filter'
import { List, WIDE } from '../parts/list'
import { Page } from '../parts/page'

const list = () => api().admin.files.get({ query: {} })
type File = RowOf<typeof list>

const columns = (deletes: boolean): DataTableColumn<File>[] => [
  {
    accessor: 'name',
    title: 'Name',
    render: ({ name, url, visibility }) =>
      visibility === 'public' ? (
        <Anchor size="sm" href={url} target="_blank" rel="noreferrer">
          {name}
        </Anchor>
      ) : (
        name
      ),
  },
  { accessor: 'mimeType', title: 'Type', ...WIDE },
  { accessor: 'size', title: 'Size', sortable: true, render: ({ size }) => formatBytes(size) },
  {
    accessor: 'visibility',
    title: 'Seen by',
    ...WIDE,
    render: ({ visibility }) => (visibility === 'public' ? 'all' : 'owner'),
  },
  {
    accessor: 'ownerId',
    title: 'Owner',
    ...WIDE,
    render: ({ ownerId }) => (
      <Link className="plain" to={`/people?person=${ownerId}`}>
        open
      </Link>
    ),
  },
  { accessor: 'createdAt', title: 'Since', sortable: true, render: ({ createdAt }) => <When at={createdAt} /> },
  {
    accessor: 'actions',
    title: '',
    hidden: !deletes,
    render: ({ id, name }) => (
      <Ask
        label="Delete…"
        size="compact-xs"
        title={`Delete ${name}`}
        hint="The content is gone for good."
        submit="Delete"
        danger
        call={() => api().admin.files({ id }).delete()}
        said="The file is gone"
      />
    ),
  },
]

const Files = () => {
  const { get } = useSearch()
  const { can } = useSession()
  const filters = { ownerId: get('ownerId') || undefined }
  return (
    <Page title="Files" hint="What people have uploaded. What is private is not shown to you either.">
      <Group gap="xs">
        <Words name="ownerId" label="Id of the owner" w={320} />
      </Group>
      <List<File>
        label="Files"
        name={['files', filters]}
        sort="-createdAt"
        call={(query) => api().admin.files.get({ query: { ...query, ...filters } })}
        columns={columns(can('files:delete'))}
        empty="No files yet. They come with POST /upload."
      />
    </Page>
  )
}
export default Files
