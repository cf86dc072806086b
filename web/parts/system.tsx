import { Card, Group, Stack, Text, Title } from '@mantine/core'
import { Copyable, Status, When } from './bits'

interface System {
  version: string
  environment: string
  mode: string
  upSince: string
  parts: readonly { name: string; connected: boolean; detail: string | null }[]
}

/** What the server is made of. */
export const System = ({ system }: { system: System }) => (
  <Card withBorder h="100%">
    <Title order={2} size="h4" mb="sm">
      Made of
    </Title>
    <Stack gap={6}>
      {system.parts.map(({ name, connected, detail }) => (
        <Group key={name} justify="space-between" wrap="nowrap">
          <Text size="sm" tt="capitalize" style={{ flexShrink: 0 }}>
            {name}
          </Text>
          <Group gap="xs" wrap="nowrap" miw={0}>
            {detail && <Copyable text={detail} />}
            <Status of={connected ? 'connected' : 'embedded'} />
          </Group>
        </Group>
      ))}
    </Stack>
    <Text size="xs" c="dimmed" mt="sm">
      {system.version}, {system.environment}, {system.mode}; up since <When at={system.upSince} />
    </Text>
  </Card>
)
