import { Paper, ScrollArea, Skeleton, Table, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Trouble } from './trouble'

interface SmallTable<T> {
  of: UseQueryResult<{ data: T[] }>
  label: string
  head: readonly string[]
  row: (item: T) => readonly ReactNode[]
  keyOf: (item: T) => string
  empty: string
}

/** A list that fits on one page and needs neither sort nor filter. */
export const SmallTable = <T,>({ of, label, head, row, keyOf, empty }: SmallTable<T>) => {
  if (of.isError) return <Trouble error={of.error} again={() => of.refetch()} />
  if (!of.data) return <Skeleton h={240} />
  return (
    <Paper withBorder>
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              {head.map((title) => (
                <Table.Th key={title}>{title}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {of.data.data.map((item) => (
              <Table.Tr key={keyOf(item)}>
                {row(item).map((cell, at) => (
                  <Table.Td key={head[at]}>{cell}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {of.data.data.length === 0 && (
        <Text p="xl" c="dimmed" size="sm" ta="center">
          {empty}
        </Text>
      )}
    </Paper>
  )
}
