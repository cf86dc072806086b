import { Drawer, Select, Stack } from '@mantine/core'
import { addressOf } from '../lib/api'

interface MailPreview {
  template: string
  templates: readonly string[]
  choose: (template: string | undefined) => void
}

/** What a kind of mail looks like, with made-up content. The frame may run nothing and load nothing. */
export const MailPreview = ({ template, templates, choose }: MailPreview) => (
  <Drawer
    opened={template !== ''}
    onClose={() => choose(undefined)}
    position="right"
    size="xl"
    title="Kinds of mail"
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Stack>
      <Select
        label="Kind"
        data={[...templates]}
        value={template}
        onChange={(value) => choose(value ?? undefined)}
        allowDeselect={false}
        searchable
      />
      {template !== '' && (
        <iframe
          title={`A mail of the kind ${template}`}
          src={addressOf(`/admin/emails/templates/${encodeURIComponent(template)}/preview`)}
          sandbox=""
          className="mail"
        />
      )}
    </Stack>
  </Drawer>
)
