import { Code, Table } from '@mantine/core'
import { Json } from './bits'

/** Before and after, field by field; only what has changed. */
export const Diff = ({ before, after }: { before: unknown; after: unknown }) => {
  if (!isObject(before ?? {}) || !isObject(after ?? {})) return <Json of={{ before, after }} />
  const old = isObject(before) ? before : {}
  const now = isObject(after) ? after : {}
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => text(old[name]) !== text(now[name]),
  )
  return (
    <Table withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field</Table.Th>
          <Table.Th>Before</Table.Th>
          <Table.Th>After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {names.map((name) => (
          <Table.Tr key={name}>
            <Table.Td>
              <Code>{name}</Code>
            </Table.Td>
            <Table.Td className="removed">{text(old[name])}</Table.Td>
            <Table.Td className="added">{text(now[name])}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const text = (value: unknown) =>
  value === undefined || value === null ? '—' : typeof value === 'string' ? value : JSON.stringify(value)
