import { ActionIcon, Button, Group, Indicator, Popover, ScrollArea, Stack, Text } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatAgo } from '../lib/format'
import { Icon } from './icon'

const SHOWN = '15'
const EVERY_MS = 60_000

/** What one was told; new ones come by themselves. */
export const Bell = () => {
  const unread = useFetched(['notifications', 'unread'], () => api().notifications['unread-count'].get(), {
    every: EVERY_MS,
  })
  const latest = useFetched(['notifications', 'list'], () => api().notifications.get({ query: { limit: SHOWN } }))
  const markAll = useAct(() => api().notifications['mark-read'].post({ all: true }), { refresh: ['notifications'] })

  const count = unread.data?.count ?? 0
  return (
    <Popover position="bottom-end" width={340} withArrow trapFocus>
      <Indicator disabled={count === 0} label={count > 99 ? '99+' : count} size={16} offset={6} color="red.9">
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Notifications, ${count} unread`}>
            <Icon name="bell" />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label="Notifications">
        <Group justify="space-between" mb="xs">
          <Text fw={600} size="sm">
            Notifications
          </Text>
          <Button size="compact-xs" variant="subtle" disabled={count === 0} onClick={() => markAll.mutate(undefined)}>
            Mark all as read
          </Button>
        </Group>
        <ScrollArea.Autosize mah={360}>
          <Stack gap="sm">
            {latest.data?.data.map(({ id, title, createdAt, readAt }) => (
              <div key={id}>
                <Text size="sm" fw={readAt ? 400 : 600}>
                  {title}
                </Text>
                <Text size="xs" c="dimmed">
                  {formatAgo(createdAt)}
                </Text>
              </div>
            ))}
            {latest.data?.data.length === 0 && (
              <Text size="sm" c="dimmed">
                Nothing yet. What concerns your account shows up here.
              </Text>
            )}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
