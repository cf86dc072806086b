import { Notification, Stack } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { Refused } from './api'

interface Toast {
  id: number
  text: string
  bad: boolean
  note?: string
}

const SHOWN_MS = 6000
let toasts: readonly Toast[] = []
let next = 1
const listeners = new Set<() => void>()

const put = (changed: readonly Toast[]) => {
  toasts = changed
  for (const listener of listeners) listener()
}
const drop = (id: number) => put(toasts.filter((toast) => toast.id !== id))
const add = (toast: Omit<Toast, 'id'>) => {
  const id = next++
  put([...toasts.slice(-3), { ...toast, id }])
  setTimeout(() => drop(id), SHOWN_MS)
}

/** Says that something worked. */
export const say = (text: string) => add({ text, bad: false })

/** Says what went wrong, with the id to look it up by. */
export const complain = (error: unknown) => {
  const requestId = error instanceof Refused ? error.problem?.requestId : undefined
  add({
    text: error instanceof Error ? error.message : String(error),
    bad: true,
    ...(requestId && { note: `Request ${requestId}` }),
  })
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const Toasts = () => {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <Stack className="toasts" gap="xs" role="status" aria-live="polite">
      {shown.map(({ id, text, bad, note }) => (
        <Notification
          key={id}
          color={bad ? 'red' : 'teal'}
          withBorder
          onClose={() => drop(id)}
          closeButtonProps={{ 'aria-label': 'Close' }}
          title={text}
        >
          {note}
        </Notification>
      ))}
    </Stack>
  )
}
