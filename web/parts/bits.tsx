import { Badge, Code, CopyButton, Group, Stack, Text, Tooltip, UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'
import { formatAgo, formatTime } from '../lib/format'

/** When, as people say it; exactly, when pointed at. */
export const When = ({ at, none = 'never' }: { at: string | null | undefined; none?: string }) =>
  at ? (
    <Tooltip label={formatTime(at)}>
      <time dateTime={at}>{formatAgo(at)}</time>
    </Tooltip>
  ) : (
    <Text span c="dimmed" size="sm">
      {none}
    </Text>
  )

const COLORS: Record<string, string> = {
  active: 'teal',
  done: 'teal',
  completed: 'teal',
  sent: 'teal',
  delivered: 'teal',
  success: 'teal',
  pass: 'teal',
  enabled: 'teal',
  connected: 'blue',
  running: 'blue',
  waiting: 'gray',
  scheduled: 'gray',
  queued: 'gray',
  pending: 'gray',
  paused: 'orange',
  warn: 'orange',
  skipped: 'orange',
  cancelled: 'orange',
  expired: 'orange',
  suppressed: 'orange',
  banned: 'red',
  failed: 'red',
  failure: 'red',
  dead: 'red',
  fail: 'red',
  disabled: 'red',
  deleted: 'dark',
}

/** A state in a word and a colour that is never alone. */
export const Status = ({ of }: { of: string }) => (
  <Badge color={COLORS[of] ?? 'gray'} variant="dot" tt="none" fw={500} className="status" data-status={of}>
    {of}
  </Badge>
)

/** A name and what belongs to it. */
export const Facts = ({ facts }: { facts: readonly (readonly [label: string, value: ReactNode])[] }) => (
  <Stack component="dl" gap={6} m={0}>
    {facts.map(([label, value]) => (
      <Group key={label} gap="sm" wrap="nowrap" align="flex-start">
        <Text component="dt" size="sm" c="dimmed" w={130} style={{ flexShrink: 0 }}>
          {label}
        </Text>
        <Text component="dd" size="sm" m={0}>
          {value ?? '—'}
        </Text>
      </Group>
    ))}
  </Stack>
)

/** Something to be copied with one press, such as an id. */
export const Copyable = ({ text, label = text }: { text: string; label?: string }) => (
  <CopyButton value={text}>
    {({ copied, copy }) => (
      <Tooltip label={copied ? 'Copied' : 'Copy'}>
        <UnstyledButton onClick={copy} aria-label={`Copy ${text}`}>
          <Code>{label}</Code>
        </UnstyledButton>
      </Tooltip>
    )}
  </CopyButton>
)

/** Any value, readable. */
export const Json = ({ of }: { of: unknown }) => <pre className="code">{JSON.stringify(of, null, 2)}</pre>
