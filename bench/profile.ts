import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  /** Microseconds since the sample before. */
  timeDeltas: number[]
}

const ROWS = 30
/** Microseconds. A longer gap between two samples is a server that waited, not one that worked. */
const LONGEST_SAMPLE = 3_000

/** The functions that cost most by themselves, of every profile in a folder. */
export const hottest = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .flatMap((file) => [file, ...top(JSON.parse(readFileSync(join(folder, file), 'utf8')))])

const top = ({ nodes, samples, timeDeltas }: CpuProfile): string[] => {
  const spent = new Map<number, number>()
  samples.forEach((id, i) => {
    spent.set(id, (spent.get(id) ?? 0) + Math.min(timeDeltas[i] ?? 0, LONGEST_SAMPLE))
  })
  const byFunction = new Map<string, number>()
  for (const { id, callFrame } of nodes) {
    const place = `${callFrame.functionName || '(anonymous)'} ${basename(callFrame.url)}:${callFrame.lineNumber + 1}`
    byFunction.set(place, (byFunction.get(place) ?? 0) + (spent.get(id) ?? 0))
  }
  const total = [...byFunction.values()].reduce((sum, time) => sum + time, 0)
  return [...byFunction]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, ROWS)
    .map(([place, time]) => `  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${place}`)
}
