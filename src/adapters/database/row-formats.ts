import { stringify } from 'csv-stringify/sync'
import type { RowFormat } from './aside'

type Row = Readonly<Record<string, unknown>>

/** Turns rows into text, some at a time. */
export interface RowWriter {
  begin(columns: readonly string[]): string
  rows(batch: readonly Row[]): string
  end(): string
}

/**
 * CSV as of RFC 4180 with what a spreadsheet would run as a formula turned into text; one JSON array; or lines of JSON.
 * By the name of its column, `…At` and `…Until` are times in milliseconds and come out as ISO 8601, `…Verified` and
 * `…Enabled` are truth values.
 */
export const rowWriter = (format: RowFormat): RowWriter => {
  let columns: { name: string; said: Said }[] = []
  const begin = (names: readonly string[]) => {
    columns = names.map((name) => ({ name, said: saidOf(name) }))
  }
  if (format === 'csv') {
    return {
      begin: (names) => {
        begin(names)
        return csv([...names])
      },
      rows: (batch) => {
        return batch.map((row) => line(columns.map(({ name, said }) => said(row[name])))).join('')
      },
      end: () => '',
    }
  }
  const json = (row: Row) => {
    const object: Record<string, unknown> = {}
    for (const { name, said } of columns) object[name] = said(row[name])
    return JSON.stringify(object)
  }
  const lines = (batch: readonly Row[]) => batch.map(json).join(format === 'json' ? ',\n' : '\n')
  let first = true
  return {
    begin: (names) => {
      begin(names)
      return format === 'json' ? '[\n' : ''
    },
    rows: (batch) => {
      if (format === 'ndjson') return `${lines(batch)}\n`
      const text = `${first ? '' : ',\n'}${lines(batch)}`
      first = false
      return text
    },
    end: () => (format === 'json' ? '\n]\n' : ''),
  }
}

type Said = (value: unknown) => unknown

const saidOf = (name: string): Said => {
  if (/(At|Until)$/.test(name)) return (value) => (typeof value === 'number' ? new Date(value).toISOString() : value)
  if (/(Verified|Enabled)$/.test(name)) return (value) => (typeof value === 'number' ? value !== 0 : value)
  return (value) => value
}

/** Only letters, digits and what means nothing to anybody, and nothing at the front that begins a formula. */
const PLAIN = /^(?:[A-Za-z0-9][A-Za-z0-9 ._:@/+-]*)?$/

/** The library costs three times what reading the row does, and most rows need none of it. */
const line = (cells: readonly unknown[]) => {
  if (cells.some((cell) => typeof cell === 'string' && !PLAIN.test(cell))) return csv(cells.map(visible))
  return `${cells.join(',')}\r\n`
}

const csv = (cells: unknown[]) =>
  stringify([cells], { escape_formulas: true, record_delimiter: '\r\n', cast: { boolean: String } })

// Before a formula a NUL is invisible to whoever reads, and to those who look for formulas.
const visible = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '') : value)
