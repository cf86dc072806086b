import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import type { DataTableColumn } from 'mantine-datatable'
import { useFetched } from '../lib/act'
import { api, type RowOf } from '../lib/api'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Copyable, Status, When } from '../parts/bits'
import { Choice, oneOf } from '../parts/filter'
import { List, WIDE } from '../parts/list'
import { Page } from '../parts/page'
import { MailPreview } from './mail-preview'

const STATUSES = ['queued', 'sent', 'failed', 'suppressed', 'skipped'] as const
const list = () => api().admin.emails.get({ query: {} })
type Mail = RowOf<typeof list>

const columns: DataTableColumn<Mail>[] = [
  {
    accessor: 'subject',
    title: 'Subject',
    render: ({ subject, template, to }) => (
      <div>
        <Text size="sm">{subject ?? template}</Text>
        <Text size="xs" c="dimmed">
          {to ?? 'not composed yet'}
        </Text>
      </div>
    ),
  },
  { accessor: 'template', title: 'Kind', ...WIDE },
  {
    accessor: 'status',
    title: 'Status',
    render: ({ status, error }) => (
      <div>
        <Status of={status} />
        {error && (
          <Text size="xs" c="dimmed">
            {error}
          </Text>
        )}
      </div>
    ),
  },
  {
    accessor: 'requestId',
    title: 'Request',
    ...WIDE,
    render: ({ requestId }) => (requestId ? <Copyable text={requestId} /> : '—'),
  },
  { accessor: 'createdAt', title: 'When', sortable: true, render: ({ createdAt }) => <When at={createdAt} /> },
]

const Mails = () => {
  const { get, set } = useSearch()
  const { can } = useSession()
  const templates = useFetched(['mails', 'templates'], () => api().admin.emails.templates.get())
  const names = templates.data?.map(({ name }) => name) ?? []
  const filters = { status: oneOf(get('status'), STATUSES), template: get('template') || undefined }
  return (
    <Page
      title="Mails"
      hint="What was mailed in the last 90 days; never what stood in it."
      actions={
        <>
          <Button size="xs" variant="default" onClick={() => set({ preview: names[0] })}>
            Look at the kinds
          </Button>
          {can('emails:manage') && (
            <Ask
              label="Send a sample…"
              title="Send a sample"
              hint="A mail with made-up content, to see how it looks and whether it arrives."
              submit="Send"
              variant="filled"
              call={(form) =>
                api().admin.emails.test.post({ template: String(form.get('template')), to: String(form.get('to')) })
              }
              said="The sample was sent"
            >
              <Select name="template" label="Kind" data={names} defaultValue={names[0] ?? null} searchable required />
              <TextInput name="to" type="email" label="To" required />
            </Ask>
          )}
        </>
      }
    >
      <Group gap="xs">
        <Choice name="status" label="Status" options={STATUSES} />
        <Choice name="template" label="Kind" options={names} />
      </Group>
      <List<Mail>
        label="Mails"
        name={['mails', 'list', filters]}
        sort="-createdAt"
        call={(query) => api().admin.emails.get({ query: { ...query, ...filters } })}
        columns={columns}
        empty="No mail fits. Send a sample to see that mails leave the house."
      />
      <MailPreview template={get('preview')} templates={names} choose={(preview) => set({ preview })} />
    </Page>
  )
}
export default Mails
