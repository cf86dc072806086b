/**
 * Asks one question at a steady pace, from a process of its own, until its stdin ends; then prints one Probed as JSON.
 * `bun bench/probe.ts '<ProbeJob as JSON>'`
 */
export interface ProbeJob {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Milliseconds from one question to the next; those that are late do not wait for each other. */
  interval: number
}

export interface Probed {
  asked: number
  /** Milliseconds, as the client felt it. */
  p50: number
  p99: number
  max: number
  /** Status → how many; 0 for no answer at all. */
  statuses: Record<string, number>
}

const ask = async ({ url, interval: _, ...init }: ProbeJob) => {
  try {
    const response = await fetch(url, init)
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

const run = async (job: ProbeJob): Promise<Probed> => {
  const took: number[] = []
  const statuses: Record<string, number> = {}
  const pending = new Set<Promise<void>>()
  const once = async () => {
    const began = performance.now()
    const status = await ask(job)
    took.push(performance.now() - began)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  const timer = setInterval(() => {
    const one: Promise<void> = once().finally(() => pending.delete(one))
    pending.add(one)
  }, job.interval)
  for await (const _ of process.stdin);
  clearInterval(timer)
  await Promise.all(pending)
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { asked: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), statuses }
}

/** Begins to ask. What it returns stops that, and tells what came of it. */
export const probe = (job: ProbeJob): (() => Promise<Probed>) => {
  const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify(job)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return async () => {
    child.stdin.end()
    return JSON.parse(await new Response(child.stdout).text())
  }
}

if (import.meta.main) {
  const result = await run(JSON.parse(process.argv[2] ?? '{}'))
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exit(0)
}
