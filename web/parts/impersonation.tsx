import { Alert, Button, Group, Text } from '@mantine/core'
import { go } from '../lib/router'
import { leave, useSession } from '../lib/session'
import { complain } from '../lib/toasts'

/** Never to be forgotten: one acts as somebody else, and it is written down. */
export const Impersonation = () => {
  const { viewer } = useSession()
  if (!viewer.impersonatorId) return null
  return (
    <Alert color="orange" variant="filled" mb="md" role="alert" autoContrast>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          You act as {viewer.name}. What you do is recorded under both your names.
        </Text>
        <Button
          size="xs"
          variant="white"
          color="dark"
          onClick={() =>
            leave()
              .then(() => go('/people'))
              .catch(complain)
          }
        >
          Be yourself again
        </Button>
      </Group>
    </Alert>
  )
}
