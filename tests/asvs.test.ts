import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'

const ROOT = join(import.meta.dir, '..')
const MAP = 'docs/security/asvs.md'
/** The standard, 5.0.0, has so many. */
const LEVELS = { '1': 70, '2': 183 }
/** The page is about Keel with all its features. */
const LEAVES = ['admin', 'api-keys', 'audit', 'backups', 'exports', 'files', 'notifications', 'two-factor', 'webhooks']
const whole = LEAVES.every((name) => existsSync(join(ROOT, 'src/features', name)))

interface Row {
  ids: string[]
  level: string
  state: string
  evidence: string
}

const text = await Bun.file(join(ROOT, MAP)).text()
const rows: Row[] = text.split('\n').flatMap((line) => {
  const [, ids = '', level = '', , state = '', evidence = ''] = line.split('|').map((cell) => cell.trim())
  return /^\d+\.\d+\.\d+/.test(ids) ? [{ ids: ids.split(', '), level, state, evidence }] : []
})

/** Rows of the bar that a test names. */
const proven = async () => {
  const found = new Set<string>()
  for (const folder of ['src', 'tests', 'scripts'])
    for (const path of new Glob('**/*.test.{ts,tsx}').scanSync(join(ROOT, folder))) {
      const code = await Bun.file(join(ROOT, folder, path)).text()
      for (const [, numbers = ''] of code.matchAll(/\/\/ bar ([\d, ]+)/g))
        for (const [number] of numbers.matchAll(/\d+/g)) found.add(number)
    }
  return found
}

test.skipIf(!whole)('the ASVS map has every requirement of levels 1 and 2 once', () => {
  const ids = rows.flatMap((row) => row.ids)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [level, count] of Object.entries(LEVELS))
    expect(rows.filter((row) => row.level === level).flatMap((row) => row.ids)).toHaveLength(count)
})

test.skipIf(!whole)('it counts itself right', () => {
  for (const state of new Set(rows.map((row) => row.state))) {
    const count = rows.filter((row) => row.state === state).flatMap((row) => row.ids).length
    expect(text).toMatch(new RegExp(`^\\| ${state.replaceAll('*', '\\*')} \\|.*\\| ${count} \\|$`, 'm'))
  }
})

test.skipIf(!whole)('what it says holds has evidence, and the evidence is there', async () => {
  const known = await proven()
  const wrong: string[] = []
  for (const { ids, state, evidence } of rows) {
    if (state === 'holds' && evidence === '') wrong.push(`${ids}: no evidence`)
    for (const [, number = ''] of evidence.matchAll(/bar (\d+)/g))
      if (!known.has(number)) wrong.push(`${ids}: no test names bar ${number}`)
    for (const [, path = ''] of evidence.matchAll(/\]\(([^)]+)\)/g))
      if (!existsSync(join(ROOT, normalize(join(dirname(MAP), path))))) wrong.push(`${ids}: ${path} is not there`)
  }
  expect(wrong).toEqual([])
})
