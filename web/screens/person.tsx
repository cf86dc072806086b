import { Drawer, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatTime } from '../lib/format'
import { useSearch } from '../lib/router'
import { useSession } from '../lib/session'
import { Copyable, Facts, Status, When } from '../parts/bits'
import { Trouble } from '../parts/trouble'
import { PersonAccess } from './person-access'
import { PersonActions } from './person-actions'
import { PersonActivity, PersonAudit, PersonMails } from './person-history'

/** Everything about one person, beside the list. */
export const PersonDrawer = ({ id, close }: { id: string; close: () => void }) => {
  const { can } = useSession()
  const { get, set } = useSearch()
  const person = useFetched(['people', 'one', id], () => api().admin.users({ id }).get(), { enabled: id !== '' })
  const user = person.data?.id === id ? person.data : undefined
  return (
    <Drawer
      opened={id !== ''}
      onClose={close}
      position="right"
      size="lg"
      title={user?.name ?? 'Person'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {person.isError && <Trouble error={person.error} again={() => person.refetch()} />}
      {!user && !person.isError && <Skeleton h={300} />}
      {user && (
        <Stack>
          <Group gap="xs">
            <Status of={user.status} />
            <Text size="sm">{user.email}</Text>
          </Group>
          <PersonActions person={user} />
          <Tabs value={get('tab') || 'facts'} onChange={(tab) => set({ tab: tab ?? undefined })} keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="facts">Facts</Tabs.Tab>
              {can('users:manage') && <Tabs.Tab value="access">Access</Tabs.Tab>}
              {/* <activity> */}
              {can('activities:read') && <Tabs.Tab value="activity">Activity</Tabs.Tab>}
              {/* </activity> */}
              {/* <audit> */}
              {can('audit:read') && <Tabs.Tab value="audit">Audit</Tabs.Tab>}
              {/* </audit> */}
              {can('emails:read') && <Tabs.Tab value="mails">Mails</Tabs.Tab>}
            </Tabs.List>
            <Tabs.Panel value="facts" pt="md">
              <Facts
                facts={[
                  ['Id', <Copyable key="id" text={user.id} />],
                  ['Role', user.role],
                  ['Address', user.emailVerifiedAt ? `verified ${formatTime(user.emailVerifiedAt)}` : 'not verified'],
                  [
                    'Second factor',
                    user.twoFactorEnabledAt ? `on since ${formatTime(user.twoFactorEnabledAt)}` : 'off',
                  ],
                  ['Sessions', `${user.sessions} open`],
                  ['Last seen', <When key="seen" at={user.lastSeenAt} />],
                  ['Since', <When key="since" at={user.createdAt} />],
                  ['Language', `${user.locale}, ${user.timezone}`],
                  ...(user.status === 'banned'
                    ? ([
                        ['Banned', user.banReason],
                        ['Until', user.bannedUntil ? formatTime(user.bannedUntil) : 'somebody lifts it'],
                      ] as const)
                    : []),
                  ...(user.deletedAt ? ([['Deleted', formatTime(user.deletedAt)]] as const) : []),
                  ...(user.deletionScheduledAt
                    ? ([['Will be erased', formatTime(user.deletionScheduledAt)]] as const)
                    : []),
                  ['May', user.permissions.join(', ') || 'nothing beyond their own account'],
                ]}
              />
            </Tabs.Panel>
            <Tabs.Panel value="access" pt="md">
              <PersonAccess id={user.id} />
            </Tabs.Panel>
            {/* <activity> */}
            <Tabs.Panel value="activity" pt="md">
              <PersonActivity id={user.id} />
            </Tabs.Panel>
            {/* </activity> */}
            {/* <audit> */}
            <Tabs.Panel value="audit" pt="md">
              <PersonAudit id={user.id} />
            </Tabs.Panel>
            {/* </audit> */}
            <Tabs.Panel value="mails" pt="md">
              <PersonMails id={user.id} />
            </Tabs.Panel>
          </Tabs>
        </Stack>
      )}
    </Drawer>
  )
}
