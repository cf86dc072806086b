import { Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { useSearch } from '../lib/router'

/** Milliseconds after the last letter until the list is asked for. */
const PAUSE_MS = 200

/** A filter of a list as a choice; kept in the address. */
export const Choice = ({ name, label, options }: { name: string; label: string; options: readonly string[] }) => {
  const { get, set } = useSearch()
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={[...options]}
      value={get(name) || null}
      onChange={(value) => set({ [name]: value ?? undefined, page: undefined })}
      clearable
      w={150}
      size="sm"
      comboboxProps={{ withinPortal: true }}
      clearButtonProps={{ 'aria-label': `Any ${label.toLowerCase()}` }}
    />
  )
}

/** A filter of a list as text, while one types; kept in the address. */
export const Words = ({ name, label, w = 200 }: { name: string; label: string; w?: number | string }) => {
  const { get, set } = useSearch()
  const inAddress = get(name)
  const [value, setValue] = useState(inAddress)
  // Back and forward change the address, not what was typed.
  useEffect(() => setValue(inAddress), [inAddress])
  const tell = useDebouncedCallback(
    (text: string) => set({ [name]: text.trim() || undefined, page: undefined }),
    PAUSE_MS,
  )
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={({ currentTarget }) => {
        setValue(currentTarget.value)
        tell(currentTarget.value)
      }}
      w={w}
      size="sm"
    />
  )
}

/** The word, if it is one of those. */
export const oneOf = <const W extends string>(value: string, words: readonly W[]): W | undefined =>
  words.find((word) => word === value)
