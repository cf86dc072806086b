import { Group, Select, Textarea, TextInput } from '@mantine/core'
import { useFetched } from '../lib/act'
import { actAs, api } from '../lib/api'
import { go } from '../lib/router'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'

interface Person {
  id: string
  name: string
  email: string
  role: string
  status: 'active' | 'banned' | 'deleted'
  twoFactorEnabled: boolean
}

const reason = (form: FormData) => String(form.get('reason') ?? '')
const Reason = () => (
  <Textarea name="reason" label="Reason" description="Kept in the audit log" required maxLength={500} data-autofocus />
)

/** What can be done about somebody, as far as the viewer may. */
export const PersonActions = ({ person }: { person: Person }) => {
  const { can, viewer } = useSession()
  const { id, name, status } = person
  const them = () => api().admin.users({ id })
  const roles = useFetched(['roles'], () => api().admin.roles.get({ query: { limit: '100' } }), {
    enabled: can('roles:read') && can('users:manage'),
  })
  if (status === 'deleted')
    return can('users:delete') ? (
      <Ask
        label="Restore…"
        title={`Bring back ${name}`}
        hint="They can sign in again with the password they had."
        submit="Restore"
        call={() => api().users({ id }).restore.post()}
        said={`${name} is back`}
      />
    ) : null
  const myself = viewer.id === id
  return (
    <Group gap="xs">
      {can('users:manage') && roles.data && (
        <Ask
          label="Change role…"
          title={`The role of ${name}`}
          hint="It holds with their next request."
          submit="Change role"
          call={(form) => them().role.patch({ role: String(form.get('role')) })}
          said="The role has changed"
        >
          <Select
            name="role"
            label="Role"
            data={roles.data.data.map((role) => role.name)}
            defaultValue={person.role}
            allowDeselect={false}
          />
        </Ask>
      )}
      {can('users:manage') && !myself && status === 'active' && (
        <Ask
          label="Ban…"
          title={`Ban ${name}`}
          hint="All their sessions end at once."
          submit="Ban"
          danger
          call={(form) => {
            const until = String(form.get('until') ?? '')
            return them().ban.post({ reason: reason(form), ...(until && { until: new Date(until).toISOString() }) })
          }}
          said={`${name} is banned`}
        >
          <Reason />
          <TextInput type="datetime-local" name="until" label="Until" description="Empty: until somebody lifts it" />
        </Ask>
      )}
      {can('users:manage') && !myself && status === 'banned' && (
        <Ask
          label="Lift ban…"
          title={`Let ${name} in again`}
          submit="Lift ban"
          call={() => them().unban.post()}
          said={`${name} may sign in again`}
        />
      )}
      {can('users:manage') && !myself && (
        <>
          <Ask
            label="End sessions…"
            title={`End all sessions of ${name}`}
            hint="Wherever they are signed in, they have to sign in again."
            submit="End sessions"
            call={() => them()['logout-all'].post()}
            said="Their sessions have ended"
          />
          <Ask
            label="Send password reset…"
            title={`Mail ${name} a link`}
            hint={`A link to choose a new password goes to ${person.email}.`}
            submit="Send"
            call={() => them()['send-password-reset'].post()}
            said="The link is on its way"
          />
        </>
      )}
      {/* <two-factor> */}
      {can('users:manage') && !myself && person.twoFactorEnabled && (
        <Ask
          label="Reset second factor…"
          title={`Take away the second factor of ${name}`}
          hint="Only when you are sure who asked for it. Their sessions end."
          submit="Reset second factor"
          danger
          call={() => them()['2fa'].delete()}
          said="The second factor is off"
        />
      )}
      {/* </two-factor> */}
      {can('users:impersonate') && !myself && status === 'active' && !viewer.impersonatorId && (
        <Ask
          label="Act as…"
          title={`Open the account of ${name}`}
          hint="For an hour, to help them. What you do is recorded under both your names."
          submit="Go on"
          call={(form) => them().impersonate.post({ reason: reason(form) })}
          done={({ accessToken }) => {
            actAs(accessToken)
            go('/account')
          }}
        >
          <Reason />
        </Ask>
      )}
      {can('users:delete') && !myself && (
        <Ask
          label="Delete…"
          title={`Delete ${name}`}
          hint="They are shut out at once and can be restored for 30 days; then they are erased."
          submit="Delete"
          danger
          call={() => api().users({ id }).delete()}
          said={`${name} is deleted`}
        />
      )}
    </Group>
  )
}
