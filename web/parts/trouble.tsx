import { Alert, Button, Code, Stack, Text } from '@mantine/core'
import { Refused } from '../lib/api'

/** What went wrong, the id that finds it in the log, and a way to try again. */
export const Trouble = ({ error, again }: { error: unknown; again?: () => void }) => {
  const problem = error instanceof Refused ? error.problem : undefined
  return (
    <Alert color="red" variant="light" title={error instanceof Error ? error.message : 'Something went wrong'}>
      <Stack gap="xs" align="flex-start">
        {problem?.errors?.map(({ path, message }) => (
          <Text key={path} size="sm">
            <Code>{path.replace(/^\//, '')}</Code> {message}
          </Text>
        ))}
        {problem && (
          <Text size="xs">
            {problem.code} · request <Code>{problem.requestId}</Code>
          </Text>
        )}
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
