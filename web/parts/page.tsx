import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface Page {
  title: string
  /** One sentence on what this is for. */
  hint?: string
  actions?: ReactNode
  children: ReactNode
}

/** A screen: its title, what can be done on all of it, its content. */
export const Page = ({ title, hint, actions, children }: Page) => {
  useEffect(() => {
    const name = document.querySelector<HTMLMetaElement>('meta[name=app-name]')?.content ?? ''
    document.title = `${title} · ${name} admin`
  }, [title])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {hint && (
            <Text c="dimmed" size="sm">
              {hint}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}
