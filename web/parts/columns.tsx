import { Button, Checkbox, Popover, Stack } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import type { DataTableColumn } from 'mantine-datatable'
import { Icon } from './icon'

/** Which columns of a list are not shown; kept in this browser. */
export const useHiddenColumns = (list: string) =>
  useLocalStorage<string[]>({ key: `keel-hidden-columns:${list}`, defaultValue: [], getInitialValueInEffect: false })

interface Columns<T> {
  of: readonly DataTableColumn<T>[]
  hidden: readonly string[]
  hide: (names: string[]) => void
}

/** Chooses what a list shows. The first column stays: it opens the row. */
export const Columns = <T,>({ of, hidden, hide }: Columns<T>) => {
  const choices = of.slice(1).flatMap(({ accessor, title }) => (title ? [{ name: String(accessor), title }] : []))
  if (choices.length < 2) return null
  return (
    <Popover position="bottom-end" withArrow trapFocus>
      <Popover.Target>
        <Button variant="subtle" color="gray" size="compact-xs" leftSection={<Icon name="columns" size={14} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {choices.map(({ name, title }) => (
            <Checkbox
              key={name}
              size="xs"
              label={title}
              checked={!hidden.includes(name)}
              onChange={({ currentTarget }) =>
                hide(currentTarget.checked ? hidden.filter((one) => one !== name) : [...hidden, name])
              }
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
