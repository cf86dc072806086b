import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type FormEvent, type ReactNode, useId } from 'react'
import { useAct } from '../lib/act'
import { Trouble } from './trouble'

interface Answer {
  data: unknown
  error: { status: unknown; value: unknown } | null
}

interface Ask<R extends Answer> extends Pick<ButtonProps, 'variant' | 'size' | 'disabled'> {
  /** What the button says; `…` promises a question. */
  label: string
  title: string
  /** What will happen, in a sentence. */
  hint?: ReactNode
  /** What the button inside says. */
  submit: string
  danger?: boolean
  /** Fields, by name. */
  children?: ReactNode
  call: (form: FormData) => Promise<R>
  said?: string
  done?: (answer: Exclude<R['data'], null>) => void
}

/** A button that asks before it acts, and shows in the same place why it could not. */
export const Ask = <R extends Answer>({
  label,
  title,
  hint,
  submit,
  danger,
  children,
  call,
  said,
  done,
  ...button
}: Ask<R>) => {
  const [opened, { open, close }] = useDisclosure()
  const form = useId()
  const act = useAct(call, {
    ...(said && { said }),
    quiet: true,
    done: (answer) => {
      close()
      done?.(answer)
    },
  })
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    // A dialog inside a dialog is inside its form, too.
    event.stopPropagation()
    act.mutate(new FormData(event.currentTarget))
  }
  const color = danger ? 'red' : undefined
  return (
    <>
      <Button
        size="xs"
        variant="default"
        {...(danger && { c: 'var(--bad)' })}
        {...button}
        onClick={() => {
          act.reset()
          open()
        }}
      >
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': 'Close' }}>
        <form id={form} onSubmit={onSubmit}>
          <Stack>
            {hint && <Text size="sm">{hint}</Text>}
            {children}
            {act.isError && <Trouble error={act.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={act.isPending} {...(color && { color })}>
                {submit}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
