import { Code, Group, MultiSelect, Text, TextInput } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useState } from 'react'
import { api, type RowOf } from '../lib/api'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { When } from '../parts/bits'
import { List, WIDE } from '../parts/list'
import { Page } from '../parts/page'
import { Secret } from '../parts/secret'

const list = () => api()['api-keys'].get({ query: {} })
type Key = RowOf<typeof list>

/** Seconds that the old secret works on after a rotation: time to put the new one in place. */
const GRACE_SECONDS = 3600

const text = (form: FormData, name: string) => String(form.get(name) ?? '').trim()
const words = (form: FormData, name: string) =>
  text(form, name)
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)

const create = (form: FormData) => {
  const expires = text(form, 'expiresAt')
  const allowedIps = words(form, 'allowedIps')
  return api()['api-keys'].post({
    name: text(form, 'name'),
    scopes: words(form, 'scopes'),
    ...(expires && { expiresAt: new Date(expires).toISOString() }),
    ...(allowedIps.length > 0 && { allowedIps }),
  })
}

const columns = (show: (secret: string) => void): DataTableColumn<Key>[] => [
  {
    accessor: 'name',
    title: 'Name',
    sortable: true,
    render: ({ name, prefix, last4 }) => (
      <div>
        <Text size="sm">{name}</Text>
        <Code>
          {prefix}…{last4}
        </Code>
      </div>
    ),
  },
  { accessor: 'scopes', title: 'May', ...WIDE, render: ({ scopes }) => scopes.join(', ') || 'act in your name' },
  { accessor: 'lastUsedAt', title: 'Last used', ...WIDE, render: ({ lastUsedAt }) => <When at={lastUsedAt} /> },
  { accessor: 'expiresAt', title: 'Ends', ...WIDE, render: ({ expiresAt }) => <When at={expiresAt} /> },
  {
    accessor: 'createdAt',
    title: 'Since',
    sortable: true,
    ...WIDE,
    render: ({ createdAt }) => <When at={createdAt} />,
  },
  {
    accessor: 'actions',
    title: '',
    render: ({ id, name }) => (
      <Group gap="xs">
        <Ask
          label="Rotate…"
          size="compact-xs"
          title={`A new secret for ${name}`}
          hint="The old one works for another hour."
          submit="Rotate"
          call={() => api()['api-keys']({ id }).rotate.post({ graceSeconds: GRACE_SECONDS })}
          done={({ secret }) => show(secret)}
        />
        <Ask
          label="Revoke…"
          size="compact-xs"
          title={`Revoke ${name}`}
          hint="Whatever uses it is shut out at once."
          submit="Revoke"
          danger
          call={() => api()['api-keys']({ id }).delete()}
          said="The key opens nothing any more"
        />
      </Group>
    ),
  },
]

const Keys = () => {
  const { viewer } = useSession()
  const [secret, setSecret] = useState<string>()
  return (
    <Page
      title="API keys"
      hint="For programs that act in your name. A key never may more than you may."
      actions={
        <Ask
          label="New key…"
          title="A new API key"
          submit="Make key"
          variant="filled"
          call={create}
          done={(key) => setSecret(key.secret)}
        >
          <TextInput name="name" label="Name" placeholder="Nightly import" required data-autofocus />
          <MultiSelect
            name="scopes"
            label="May"
            description="Nothing chosen: only what needs no permission"
            data={viewer.permissions}
            searchable
          />
          <TextInput type="datetime-local" name="expiresAt" label="Ends" description="Empty: never" />
          <TextInput name="allowedIps" label="Only from" description="Addresses or ranges, separated by commas" />
        </Ask>
      }
    >
      <List<Key>
        label="API keys"
        name={['keys']}
        sort="-createdAt"
        call={(query) => api()['api-keys'].get({ query })}
        columns={columns(setSecret)}
        empty="You have no keys. Make one for a program that should call the API."
      />
      <Secret value={secret} what="The secret of your key" close={() => setSecret(undefined)} />
    </Page>
  )
}
export default Keys
