import { Button, Group, NumberInput, Paper, Skeleton, Switch, Table, Text } from '@mantine/core'
import { useAct, useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { Ask } from '../parts/ask'
import { Page } from '../parts/page'
import { Trouble } from '../parts/trouble'

interface Limit {
  limit: number
  window: number
}
const GENERAL = 'general'

/** Numbers as the form has them: grouped for people. */
const numberOf = (form: FormData, name: string) => Number(String(form.get(name)).replaceAll(/\D/g, ''))

const change = (name: string, limit: Limit | null) =>
  api().admin.settings['rate-limits'].patch(name === GENERAL ? { general: limit } : { tiers: { [name]: limit } })

const Limits = () => {
  const { can } = useSession()
  const limits = useFetched(['limits'], () => api().admin.settings['rate-limits'].get(), { every: 10_000 })
  const dryRun = useAct((on: boolean) => api().admin.settings['rate-limits'].patch({ dryRun: on }), {
    said: 'Changed at once',
  })
  const back = useAct((name: string) => change(name, null), { said: 'Back to the default' })
  const rows = limits.data ? [[GENERAL, limits.data.general] as const, ...Object.entries(limits.data.tiers)] : []
  return (
    <Page title="Rate limits" hint="How often people may ask. A change holds at once, in every process, and stays.">
      {limits.isError && <Trouble error={limits.error} again={() => limits.refetch()} />}
      {limits.isPending && <Skeleton h={300} />}
      {limits.data && (
        <>
          <Switch
            label="Dry run"
            description="Counts and tells, but refuses nobody"
            checked={limits.data.dryRun}
            onChange={({ currentTarget }) => dryRun.mutate(currentTarget.checked)}
          />
          <Paper withBorder>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Limit</Table.Th>
                  <Table.Th>Requests</Table.Th>
                  <Table.Th>Actions</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(([name, { limit, window }]) => (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <Text size="sm" fw={name === GENERAL ? 600 : 400}>
                        {name}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      {limit} in {window} s
                    </Table.Td>
                    <Table.Td>
                      {can('settings:manage') && (
                        <Group gap="xs">
                          <Ask
                            label="Change…"
                            size="compact-xs"
                            title={`The limit ${name}`}
                            submit="Change"
                            call={(form) =>
                              change(name, { limit: numberOf(form, 'limit'), window: numberOf(form, 'window') })
                            }
                            said="The limit has changed"
                          >
                            <NumberInput
                              name="limit"
                              label="Requests"
                              defaultValue={limit}
                              min={1}
                              allowDecimal={false}
                              required
                            />
                            <NumberInput
                              name="window"
                              label="Seconds"
                              defaultValue={window}
                              min={1}
                              allowDecimal={false}
                              required
                            />
                          </Ask>
                          <Button
                            size="compact-xs"
                            variant="subtle"
                            aria-label={`Default for ${name}`}
                            onClick={() => back.mutate(name)}
                          >
                            Default
                          </Button>
                        </Group>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Paper>
        </>
      )}
    </Page>
  )
}
export default Limits
