import { Group, Stack, Text, Timeline } from '@mantine/core'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatAction } from '../lib/format'
import { Link } from '../lib/router'
import { Status, When } from '../parts/bits'
import { Newest } from '../parts/newest'

const SHOWN = '20'

// <activity>
export const PersonActivity = ({ id }: { id: string }) => {
  const activity = useFetched(['activity', id], () =>
    api()
      .activities({ userId: id })
      .get({ query: { limit: SHOWN } }),
  )
  return (
    <Newest of={activity} none="They have done nothing yet.">
      {(rows) => (
        <Timeline bulletSize={12} lineWidth={2}>
          {rows.map(({ id, summary, createdAt }) => (
            <Timeline.Item key={id} title={<Text size="sm">{summary}</Text>}>
              <Text size="xs" c="dimmed">
                <When at={createdAt} />
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Newest>
  )
}

// </activity>
// <audit>
// <admin>
export const PersonAudit = ({ id }: { id: string }) => {
  const audit = useFetched(['audit', id], () =>
    api().admin['audit-logs'].get({ query: { resource: `user:${id}`, limit: SHOWN } }),
  )
  return (
    <Newest of={audit} none="Nothing was done to this account yet.">
      {(rows) => (
        <Stack gap="xs">
          {rows.map(({ id, action, outcome, actor, createdAt }) => (
            <Group key={id} justify="space-between" wrap="nowrap">
              <div>
                <Text size="sm">{formatAction(action)}</Text>
                <Text size="xs" c="dimmed">
                  by {actor.name ?? actor.type}, <When at={createdAt} />
                </Text>
              </div>
              <Status of={outcome} />
            </Group>
          ))}
          <Group gap="md" fz="sm">
            <Link className="plain" to={`/audit?resource=user:${id}`}>
              All that was done to them
            </Link>
            <Link className="plain" to={`/audit?actorId=${id}`}>
              All that they did
            </Link>
          </Group>
        </Stack>
      )}
    </Newest>
  )
}

// </admin>
// </audit>
// <admin>
export const PersonMails = ({ id }: { id: string }) => {
  const mails = useFetched(['mails', id], () => api().admin.emails.get({ query: { userId: id, limit: SHOWN } }))
  return (
    <Newest of={mails} none="They were mailed nothing in the last 90 days.">
      {(rows) => (
        <Stack gap="xs">
          {rows.map(({ id, subject, template, status, createdAt }) => (
            <Group key={id} justify="space-between" wrap="nowrap">
              <div>
                <Text size="sm">{subject ?? template}</Text>
                <Text size="xs" c="dimmed">
                  <When at={createdAt} />
                </Text>
              </div>
              <Status of={status} />
            </Group>
          ))}
        </Stack>
      )}
    </Newest>
  )
}
// </admin>
