import { stringify } from 'csv-stringify/sync'
import type { RowFormat } from './aside'

type Row = Record<string, unknown>

/** Turns rows into text, some at a time. */
export interface RowWriter {
  begin(columns: readonly string[]): string
  rows(batch: readonly Row[]): string
  end(): string
}

/**
 * CSV as of RFC 4180 with what a spreadsheet would run as a formula turned into text, one JSON array, or JSON lines. A cell
 * that is the name of a column ending in `At` is a time in milliseconds and is written as ISO 8601; `is…` columns are truth values.
 */
export const rowWriter = (format: RowFormat): RowWriter => {
  if (format === 'csv') {
    return {
      begin: (columns) => csv([columns]),
      rows: (batch) => csv(batch.map((row) => Object.entries(row).map(([name, value]) => cell(said(name, value))))),
      end: () => '',
    }
  }
  const json = (row: Row) =>
    JSON.stringify(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, said(name, value)])))
  if (format === 'ndjson')
    return { begin: () => '', rows: (batch) => batch.map((row) => `${json(row)}\n`).join(''), end: () => '' }
  let first = true
  return {
    begin: () => '[\n',
    rows: (batch) => {
      const text = `${first ? '' : ',\n'}${batch.map(json).join(',\n')}`
      first = false
      return text
    },
    end: () => '\n]\n',
  }
}

const csv = (rows: readonly (readonly unknown[])[]) =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: '\r\n', cast: { boolean: String } },
  )

const said = (name: string, value: unknown) => {
  if (value === null || typeof value !== 'number') return value
  if (name.endsWith('At') || name.endsWith('Until')) return new Date(value).toISOString()
  return name.endsWith('Verified') || name.endsWith('Enabled') ? value !== 0 : value
}

// Before a formula a NUL is invisible to whoever reads, and to those who look for formulas.
const cell = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '') : value)
