import { Skeleton, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Trouble } from './trouble'

interface Newest<T> {
  of: UseQueryResult<{ data: T[] }>
  none: string
  children: (rows: T[]) => ReactNode
}

/** The newest rows of something, or why there are none. */
export const Newest = <T,>({ of, none, children }: Newest<T>) => {
  if (of.isError) return <Trouble error={of.error} again={() => of.refetch()} />
  if (!of.data) return <Skeleton h={80} />
  if (of.data.data.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    )
  return children(of.data.data)
}
