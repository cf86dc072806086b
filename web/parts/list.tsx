import { Box, Group, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { DataTable, type DataTableColumn } from 'mantine-datatable'
import type { ReactNode } from 'react'
import { useFetched } from '../lib/act'
import { useSearch } from '../lib/router'
import { Columns, useHiddenColumns } from './columns'
import { Trouble } from './trouble'

const PER_PAGE = 25

interface Answer<T> {
  data: { data: T[]; meta: { limit: number; total?: number } } | null
  error: { status: unknown; value: unknown } | null
}

/** What the address says of a list: as the API wants it. */
export interface ListQuery {
  limit: string
  page: string
  sort: string
}

interface List<T> {
  /** What it is kept under. */
  name: readonly unknown[]
  call: (query: ListQuery) => Promise<Answer<T>>
  columns: DataTableColumn<T>[]
  /** Sort, unless the address tells another: `-createdAt`. */
  sort: string
  /** What to do when there is nothing. */
  empty: ReactNode
  open?: (row: T) => void
  /** Milliseconds after which it is fetched again. */
  every?: number
  label: string
}

/** A list of the API, a page at a time: page and sort stand in the address. */
export const List = <T extends { id: string } | { name: string }>(list: List<T>) => {
  const { get, set } = useSearch()
  const [hidden, hide] = useHiddenColumns(list.label)
  const page = Number(get('page') || '1')
  const sort = get('sort') || list.sort
  const query = { limit: String(PER_PAGE), page: String(page), sort }
  const fetched = useFetched([...list.name, query], () => list.call(query), {
    ...(list.every && { every: list.every }),
  })
  if (fetched.isError) return <Trouble error={fetched.error} again={() => fetched.refetch()} />

  if (fetched.isPending) return <Rows />
  const records = fetched.data.data
  const total = fetched.data.meta.total ?? records.length
  const { open } = list
  const shown = list.columns.map((column) => ({
    ...column,
    hidden: column.hidden || hidden.includes(String(column.accessor)),
  }))
  return (
    <>
      <Paper withBorder className="list" style={{ overflow: 'hidden' }}>
        <DataTable<T>
          aria-label={list.label}
          records={records}
          columns={shown}
          idAccessor={(row) => ('id' in row ? row.id : row.name)}
          fetching={fetched.isPlaceholderData}
          minHeight={records.length > 0 ? 0 : 180}
          verticalSpacing="xs"
          highlightOnHover={open !== undefined}
          striped={false}
          page={page}
          onPageChange={(next) => set({ page: next > 1 ? String(next) : undefined }, { replace: false })}
          totalRecords={total}
          recordsPerPage={PER_PAGE}
          getPaginationControlProps={(control) => ({ 'aria-label': `${control} page` })}
          sortStatus={{
            columnAccessor: sort.replace(/^-/, ''),
            direction: sort.startsWith('-') ? 'desc' : 'asc',
          }}
          onSortStatusChange={({ columnAccessor, direction }) =>
            set({ sort: `${direction === 'desc' ? '-' : ''}${String(columnAccessor)}`, page: undefined })
          }
          {...(open && { onRowClick: ({ record }) => open(record) })}
          emptyState={
            <Box p="xl">
              <Text c="dimmed" size="sm" ta="center">
                {list.empty}
              </Text>
            </Box>
          }
        />
      </Paper>
      <Group justify="flex-end" mt={-8} visibleFrom="md">
        <Columns of={list.columns} hidden={hidden} hide={hide} />
      </Group>
    </>
  )
}

/** Columns that a telephone has no room for. */
export const WIDE = { visibleMediaQuery: '(min-width: 62em)' }

const LINES = ['90%', '100%', '95%', '98%', '85%', '97%']

/** Where rows will be. */
const Rows = () => (
  <Paper withBorder p="md" role="status" aria-label="Loading">
    <Stack gap="md">
      {LINES.map((width) => (
        <Skeleton key={width} h={20} w={width} />
      ))}
    </Stack>
  </Paper>
)
