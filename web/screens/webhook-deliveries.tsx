import { Accordion, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatTime } from '../lib/format'
import { Facts, Status, When } from '../parts/bits'
import { Trouble } from '../parts/trouble'

const EVERY_MS = 4000
const SHOWN = '25'

/** What was sent to an endpoint, each attempt of it, newest first. */
export const Deliveries = ({ id }: { id: string }) => {
  const deliveries = useFetched(
    ['webhooks', 'deliveries', id],
    () =>
      api()
        .webhooks({ id })
        .deliveries.get({ query: { limit: SHOWN } }),
    { every: EVERY_MS },
  )
  const again = useAct((deliveryId: string) => api().webhooks({ id }).deliveries({ deliveryId }).retry.post(), {
    said: 'It is sent again',
  })
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        Deliveries
      </Title>
      {deliveries.isError && <Trouble error={deliveries.error} />}
      {deliveries.isPending && <Skeleton h={120} />}
      {deliveries.data?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing was sent yet. Send a test to see one.
        </Text>
      )}
      <Accordion variant="contained" chevronPosition="left">
        {deliveries.data?.data.map((delivery) => (
          <Accordion.Item key={delivery.id} value={delivery.id}>
            <Accordion.Control>
              <Group justify="space-between" wrap="nowrap">
                <div>
                  <Text size="sm">{delivery.eventType}</Text>
                  <Text size="xs" c="dimmed">
                    <When at={delivery.createdAt} />
                  </Text>
                </div>
                <Status of={delivery.status} />
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="sm" align="flex-start">
                {delivery.attempts.map((attempt) => (
                  <div key={attempt.at}>
                    <Facts
                      facts={[
                        ['At', formatTime(attempt.at)],
                        ['Answer', attempt.statusCode ? `${attempt.statusCode}` : (attempt.error ?? 'none')],
                        ['Took', `${attempt.durationMs} ms`],
                      ]}
                    />
                    {attempt.responseBody && <pre className="code">{attempt.responseBody}</pre>}
                  </div>
                ))}
                {delivery.nextAttemptAt && (
                  <Text size="sm">
                    Next attempt <When at={delivery.nextAttemptAt} />
                  </Text>
                )}
                <Button size="xs" variant="default" onClick={() => again.mutate(delivery.id)}>
                  Send again
                </Button>
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Stack>
  )
}
