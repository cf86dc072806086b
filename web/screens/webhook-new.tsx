import { MultiSelect, Select, TextInput } from '@mantine/core'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'

const text = (form: FormData, name: string) => String(form.get(name) ?? '').trim()

/** Adds an endpoint; hands its secret over. */
export const NewWebhook = ({ show }: { show: (secret: string) => void }) => {
  const { can } = useSession()
  const types = useFetched(['webhooks', 'types'], () => api().webhooks['event-types'].get())
  const names = types.data?.data.map(({ type }) => type) ?? []
  const groups = [...new Set(names.map((name) => `${name.split('.')[0]}.*`))]
  return (
    <Ask
      label="New webhook…"
      title="A new webhook"
      hint="Requests follow Standard Webhooks and are signed."
      submit="Add webhook"
      variant="filled"
      call={(form) =>
        api().webhooks.post({
          url: text(form, 'url'),
          events: text(form, 'events').split(',').filter(Boolean),
          ...(text(form, 'description') && { description: text(form, 'description') }),
          ...(text(form, 'scope') === 'everybody' && { scope: 'app' as const }),
        })
      }
      done={({ secret }) => show(secret)}
    >
      <TextInput name="url" type="url" label="Address" placeholder="https://" required data-autofocus />
      <MultiSelect
        name="events"
        label="Events"
        data={['*', ...groups, ...names]}
        defaultValue={['*']}
        searchable
        hidePickedOptions
      />
      <TextInput name="description" label="Description" maxLength={200} />
      {can('webhooks:manage') && (
        <Select
          name="scope"
          label="Of whom"
          data={['you', 'everybody']}
          defaultValue="everybody"
          allowDeselect={false}
        />
      )}
    </Ask>
  )
}
