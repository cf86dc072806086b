import { Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { When } from '../parts/bits'
import { Trouble } from '../parts/trouble'

/** Where one is signed in, and a way to end that. */
export const Sessions = () => {
  const { viewer } = useSession()
  const sessions = useFetched(['sessions'], () => api().auth.sessions.get({ query: { limit: '100' } }))
  const end = useAct((id: string) => api().auth.sessions({ id }).delete(), { said: 'That session has ended' })
  const others = useAct(() => api().auth['logout-all'].post({ keepCurrent: true }), {
    said: 'All other sessions have ended',
  })
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Sessions
        </Title>
        <Button size="xs" variant="default" loading={others.isPending} onClick={() => others.mutate(undefined)}>
          End all others
        </Button>
      </Group>
      {sessions.isError && <Trouble error={sessions.error} />}
      {sessions.isPending && <Skeleton h={100} />}
      <Stack gap="sm">
        {sessions.data?.data.map(({ id, device, ip, current, lastSeenAt }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm" fw={550}>
                {device}
              </Text>
              <Text size="xs" c="dimmed">
                {ip ?? 'somewhere'}, <When at={lastSeenAt} />
              </Text>
            </div>
            {current ? (
              <Text size="xs" c="dimmed">
                this one
              </Text>
            ) : (
              !viewer.impersonatorId && (
                <Button size="compact-xs" variant="default" aria-label={`End ${device}`} onClick={() => end.mutate(id)}>
                  End
                </Button>
              )
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
