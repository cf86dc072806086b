import { Checkbox, Code, Group, MultiSelect, Paper, ScrollArea, Skeleton, Table, Text, TextInput } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Page } from '../parts/page'
import { Trouble } from '../parts/trouble'

/** The form's hidden field holds what was chosen, joined by commas. */
const chosen = (form: FormData) =>
  String(form.get('permissions') ?? '')
    .split(',')
    .filter(Boolean)

const holds = (permissions: readonly string[], permission: string) =>
  permissions.includes('*') || permissions.includes(permission) || permissions.includes(`${permission.split(':')[0]}:*`)

const Roles = () => {
  const { can } = useSession()
  const roles = useFetched(['roles'], () => api().admin.roles.get({ query: { limit: '100' } }))
  const known = useFetched(['permissions'], () => api().admin.permissions.get())
  const change = useAct(
    ({ name, permissions }: { name: string; permissions: string[] }) =>
      api().admin.roles({ name }).patch({ permissions }),
    { said: 'The role has changed' },
  )
  const manages = can('roles:manage')
  const error = roles.error ?? known.error
  return (
    <Page
      title="Roles"
      hint="What each role allows. A change holds with the next request of all who have it."
      actions={
        manages && (
          <Ask
            label="New role…"
            title="A new role"
            submit="Make role"
            variant="filled"
            call={(form) =>
              api().admin.roles.post({
                name: String(form.get('name')),
                description: String(form.get('description') ?? ''),
                permissions: chosen(form),
              })
            }
            said="The role is there"
          >
            <TextInput
              name="name"
              label="Name"
              description="Small letters, digits and hyphens"
              required
              data-autofocus
            />
            <TextInput name="description" label="Description" maxLength={200} />
            <MultiSelect
              name="permissions"
              label="Permissions"
              data={known.data?.map(({ name }) => name) ?? []}
              searchable
              hidePickedOptions
            />
          </Ask>
        )
      }
    >
      {error && <Trouble error={error} again={() => roles.refetch()} />}
      {!error && !(roles.data && known.data) && <Skeleton h={400} />}
      {roles.data && known.data && (
        <Paper withBorder>
          <ScrollArea
            type="auto"
            viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Roles and permissions' }}
          >
            <Table className="matrix" verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Permission</Table.Th>
                  {roles.data.data.map(({ name, builtin }) => (
                    <Table.Th key={name}>
                      <Group gap={6} wrap="nowrap">
                        {name}
                        {builtin ? (
                          <Text span size="xs" c="dimmed">
                            built in
                          </Text>
                        ) : (
                          manages && (
                            <Ask
                              label="Delete…"
                              size="compact-xs"
                              variant="subtle"
                              title={`Delete the role ${name}`}
                              hint="Only a role that nobody has can go."
                              submit="Delete role"
                              danger
                              call={() => api().admin.roles({ name }).delete()}
                              said="The role is gone"
                            />
                          )
                        )}
                      </Group>
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {known.data.map(({ name: permission, description }) => (
                  <Table.Tr key={permission}>
                    <Table.Td>
                      <Code>{permission}</Code>
                      <Text size="xs" c="dimmed" visibleFrom="md">
                        {description}
                      </Text>
                    </Table.Td>
                    {roles.data.data.map(({ name, builtin, permissions }) => (
                      <Table.Td key={name}>
                        <Checkbox
                          size="xs"
                          aria-label={`${name}: ${permission}`}
                          checked={holds(permissions, permission)}
                          disabled={builtin || !manages || change.isPending}
                          onChange={({ currentTarget }) =>
                            change.mutate({
                              name,
                              permissions: currentTarget.checked
                                ? [...permissions, permission]
                                : permissions.filter((one) => one !== permission),
                            })
                          }
                        />
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea>
        </Paper>
      )}
    </Page>
  )
}
export default Roles
