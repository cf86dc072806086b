import { Button, Drawer, Group, Skeleton, Stack, TextInput } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatTime } from '../lib/format'
import { Ask } from '../parts/ask'
import { Copyable, Facts, Status, When } from '../parts/bits'
import { Trouble } from '../parts/trouble'
import { Deliveries } from './webhook-deliveries'

interface WebhookDrawer {
  id: string
  close: () => void
  show: (secret: string) => void
}

/** One endpoint: what was sent, and what can be done about it. */
export const WebhookDrawer = ({ id, close, show }: WebhookDrawer) => {
  const fetched = useFetched(['webhooks', 'one', id], () => api().webhooks({ id }).get(), { enabled: id !== '' })
  const webhook = fetched.data?.id === id ? fetched.data : undefined
  const it = () => api().webhooks({ id })
  const test = useAct(() => it().test.post(), { said: 'A test is on its way' })
  const turn = useAct((disabled: boolean) => it().patch({ disabled }))
  return (
    <Drawer
      opened={id !== ''}
      onClose={close}
      position="right"
      size="lg"
      title={webhook?.description || 'Webhook'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {fetched.isError && <Trouble error={fetched.error} again={() => fetched.refetch()} />}
      {!webhook && !fetched.isError && <Skeleton h={300} />}
      {webhook && (
        <Stack>
          <Group gap="xs">
            <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate(undefined)}>
              Send a test
            </Button>
            <Ask
              label="Send again…"
              title="Send again what has failed"
              hint="Everything that did not arrive since then is sent once more."
              submit="Send again"
              call={(form) => it().recover.post({ since: new Date(String(form.get('since'))).toISOString() })}
              said="It is on its way"
            >
              <TextInput type="datetime-local" name="since" label="Since" required />
            </Ask>
            <Ask
              label="Rotate secret…"
              title="A new secret"
              hint="Both secrets sign for 24 hours: time to put the new one in place."
              submit="Rotate"
              call={() => it()['rotate-secret'].post()}
              done={({ secret }) => show(secret)}
            />
            <Button size="xs" variant="default" onClick={() => turn.mutate(!webhook.disabled)}>
              {webhook.disabled ? 'Turn on' : 'Turn off'}
            </Button>
            <Ask
              label="Delete…"
              title="Delete this webhook"
              hint="What it was sent is forgotten with it."
              submit="Delete"
              danger
              call={() => it().delete()}
              said="The webhook is gone"
              done={close}
            />
          </Group>
          <Facts
            facts={[
              ['Id', <Copyable key="id" text={webhook.id} />],
              ['Address', webhook.url],
              ['Events', webhook.events.join(', ')],
              ['Of whom', webhook.scope === 'app' ? 'everybody' : 'you'],
              ['Status', <Status key="status" of={webhook.disabled ? 'disabled' : 'enabled'} />],
              ...(webhook.disabledReason ? ([['Turned off', `by ${webhook.disabledReason}`]] as const) : []),
              ...(webhook.failingSince ? ([['Failing since', formatTime(webhook.failingSince)]] as const) : []),
              ['Since', <When key="since" at={webhook.createdAt} />],
            ]}
          />
          <Deliveries id={id} />
        </Stack>
      )}
    </Drawer>
  )
}
