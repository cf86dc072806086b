import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core'

/** A secret that is shown once. */
export const Secret = ({ value, what, close }: { value: string | undefined; what: string; close: () => void }) => (
  <Modal
    opened={value !== undefined}
    onClose={close}
    title={what}
    closeOnClickOutside={false}
    centered
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Stack>
      <Alert color="orange" title="Shown once">
        Copy it now and keep it where secrets are kept. Nobody can show it again.
      </Alert>
      <Code block data-testid="secret">
        {value}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={value ?? ''}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>I have it</Button>
      </Group>
    </Stack>
  </Modal>
)
