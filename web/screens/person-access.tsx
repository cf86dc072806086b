import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatTime } from '../lib/format'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Facts, When } from '../parts/bits'
import { Newest } from '../parts/newest'
import { Trouble } from '../parts/trouble'

// <api-keys>
const SHOWN = '100'
// </api-keys>

/** What lets somebody in: their second factor, where they are signed in, their keys. */
export const PersonAccess = ({ id }: { id: string }) => {
  const { viewer } = useSession()
  return (
    <Stack gap="lg">
      {/* <two-factor> */}
      {viewer.features.includes('two-factor') && <SecondFactor id={id} />}
      {/* </two-factor> */}
      <Sessions id={id} />
      {/* <api-keys> */}
      {viewer.features.includes('api-keys') && <Keys id={id} />}
      {/* </api-keys> */}
    </Stack>
  )
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <Title order={3} size="h5" mb="xs">
      {title}
    </Title>
    {children}
  </section>
)

// <two-factor>
const SecondFactor = ({ id }: { id: string }) => {
  const state = useFetched(['people', 'second-factor', id], () => api().admin.users({ id })['2fa'].get())
  if (state.isError) return <Trouble error={state.error} again={() => state.refetch()} />
  return (
    <Part title="Second factor">
      {!state.data && <Skeleton h={60} />}
      {state.data?.enabled === false && (
        <Text size="sm" c="dimmed">
          Off: the password is all it takes.
        </Text>
      )}
      {state.data?.enabled && (
        <Facts
          facts={[
            ['On', <When key="since" at={state.data.enabledAt} />],
            ['Backup codes left', `${state.data.backupCodesLeft}`],
            ...(state.data.blockedUntil
              ? ([['Blocked until', `${formatTime(state.data.blockedUntil)}, after too many wrong codes`]] as const)
              : []),
          ]}
        />
      )}
    </Part>
  )
}

// </two-factor>
const Sessions = ({ id }: { id: string }) => {
  const { viewer } = useSession()
  const sessions = useFetched(['people', 'sessions', id], () =>
    api()
      .admin.users({ id })
      .sessions.get({ query: { limit: '100' } }),
  )
  const end = useAct((sessionId: string) => api().admin.users({ id }).sessions({ sessionId }).delete(), {
    said: 'That session has ended',
    refresh: ['people'],
  })
  return (
    <Part title="Sessions">
      <Newest of={sessions} none="They are signed in nowhere.">
        {(rows) => (
          <Stack gap="xs">
            {rows.map((session) => (
              <Group key={session.id} justify="space-between" wrap="nowrap">
                <div>
                  <Text size="sm">{session.device}</Text>
                  <Text size="xs" c="dimmed">
                    {session.ip ?? 'somewhere'}, seen <When at={session.lastSeenAt} />, until{' '}
                    {formatTime(session.expiresAt)}
                  </Text>
                </div>
                {viewer.id !== id && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`End ${session.device}`}
                    onClick={() => end.mutate(session.id)}
                  >
                    End
                  </Button>
                )}
              </Group>
            ))}
          </Stack>
        )}
      </Newest>
    </Part>
  )
}

// <api-keys>
const Keys = ({ id }: { id: string }) => {
  const { viewer } = useSession()
  const keys = useFetched(['people', 'keys', id], () =>
    api()
      .admin.users({ id })
      ['api-keys'].get({ query: { limit: SHOWN } }),
  )
  return (
    <Part title="API keys">
      <Newest of={keys} none="They have no keys.">
        {(rows) => (
          <Stack gap="xs">
            {rows.map((key) => (
              <Group key={key.id} justify="space-between" wrap="nowrap">
                <div>
                  <Text size="sm">
                    {key.name}{' '}
                    <Text span c="dimmed" size="xs" ff="monospace">
                      {key.prefix}…{key.last4}
                    </Text>
                  </Text>
                  <Text size="xs" c="dimmed">
                    {key.scopes.join(', ') || 'no scopes'}; used <When at={key.lastUsedAt} />
                    {key.expiresAt && (
                      <>
                        ; ends <When at={key.expiresAt} />
                      </>
                    )}
                  </Text>
                </div>
                {viewer.id !== id && (
                  <Ask
                    label="Revoke…"
                    size="compact-xs"
                    title={`Revoke ${key.name}`}
                    hint="Whatever uses it is shut out at once, and for good."
                    submit="Revoke"
                    danger
                    call={() => api().admin.users({ id })['api-keys']({ keyId: key.id }).delete()}
                    said="The key opens nothing any more"
                  />
                )}
              </Group>
            ))}
          </Stack>
        )}
      </Newest>
    </Part>
  )
}
// </api-keys>
