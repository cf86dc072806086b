import { Text } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { api, type RowOf } from '../lib/api'
import { useSearch } from '../lib/router'
import { Status, When } from '../parts/bits'
import { List, WIDE } from '../parts/list'
import { Opener } from '../parts/opener'
import { Page } from '../parts/page'
import { Secret } from '../parts/secret'
import { WebhookDrawer } from './webhook'
import { NewWebhook } from './webhook-new'

const list = () => api().webhooks.get({ query: {} })
type Webhook = RowOf<typeof list>

const columns = (open: (id: string) => void): DataTableColumn<Webhook>[] => [
  {
    accessor: 'url',
    title: 'Address',
    render: ({ id, url, description }) => (
      <div>
        <Opener onClick={() => open(id)}>{url}</Opener>
        {description && (
          <Text size="xs" c="dimmed">
            {description}
          </Text>
        )}
      </div>
    ),
  },
  { accessor: 'events', title: 'Events', ...WIDE, render: ({ events }) => events.join(', ') },
  { accessor: 'scope', title: 'Of whom', ...WIDE, render: ({ scope }) => (scope === 'app' ? 'everybody' : 'you') },
  {
    accessor: 'disabled',
    title: 'Status',
    render: ({ disabled, failingSince }) => <Status of={disabled ? 'disabled' : failingSince ? 'failed' : 'enabled'} />,
  },
  {
    accessor: 'createdAt',
    title: 'Since',
    sortable: true,
    ...WIDE,
    render: ({ createdAt }) => <When at={createdAt} />,
  },
]

const Webhooks = () => {
  const { get, set } = useSearch()
  const [secret, setSecret] = useState<string>()
  const open = (id: string) => set({ webhook: id }, { replace: false })
  return (
    <Page
      title="Webhooks"
      hint="Who is told of what happens, and whether it arrived."
      actions={<NewWebhook show={setSecret} />}
    >
      <List<Webhook>
        label="Webhooks"
        name={['webhooks', 'list']}
        sort="-createdAt"
        call={(query) => api().webhooks.get({ query })}
        columns={columns(open)}
        open={({ id }) => open(id)}
        empty="No webhooks yet. Add one to have another service told of what happens here."
      />
      <WebhookDrawer id={get('webhook')} close={() => set({ webhook: undefined })} show={setSecret} />
      <Secret value={secret} what="The secret that signs" close={() => setSecret(undefined)} />
    </Page>
  )
}
export default Webhooks
