import { readFileSync } from 'node:fs'

const INTERVAL = 100

/** Bytes that a process and its children take, what they share counted once (PSS). */
export const memoryOfAll = (pid: number): number => {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const own = Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return own + (children ? children.split(' ').reduce((sum, child) => sum + memoryOfAll(Number(child)), 0) : 0)
  } catch {
    // It has ended meanwhile.
    return 0
  }
}

/** The most memory that a process and its children take from now until the function that this returns is called. */
export const peakMemory = (pid: number): (() => number) => {
  let peak = memoryOfAll(pid)
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOfAll(pid))
  }, INTERVAL)
  return () => {
    clearInterval(timer)
    return Math.max(peak, memoryOfAll(pid))
  }
}
