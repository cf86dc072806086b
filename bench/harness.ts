import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { LoadJob, LoadResult } from './load'

/** One server that is measured: how to start it and what to ask it. */
export interface Contender {
  name: string
  command: readonly string[]
  cwd?: string
  env?: Record<string, string>
  path: string
  headers: Record<string, string>
}

export interface Running {
  contender: Contender
  pid: number
  port: number
  /** Milliseconds from spawning it to its first 200. */
  startedIn: number
  /** Seconds of CPU it has used so far, user and system, all its threads. */
  cpu(): number
  /** Resident memory in bytes. */
  memory(): number
  /** Ends it with SIGTERM, after 10 s with SIGKILL. */
  stop(): Promise<void>
}

export interface Round {
  /** Microseconds of CPU per request, by the server's own account. */
  cpuPerRequest: number
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Cores the server kept busy. Well below 1 means that the client was the bottleneck. */
  busy: number
}

const START_TIMEOUT = 20_000
const POLL_INTERVAL = 2
/** The kernel counts CPU time for user space in hundredths of a second, on every Linux. */
const TICKS_PER_SECOND = 100
const PLAIN_ENV = ['PATH', 'HOME', 'TMPDIR', 'LANG']

export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Of numbers in rising order; infinite if there are none. */
export const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.POSITIVE_INFINITY

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** User and system time of a process in seconds. Throws when it is gone. */
const cpuOf = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold blanks; utime and stime are the 14th and 15th field of the line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

const memoryOf = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024

/** Starts a contender on a free port and waits for its first 200. Its output goes nowhere, errors to `workdir`. */
export const start = async (contender: Contender, workdir: string): Promise<Running> => {
  const port = await freePort()
  const dataDir = contender.env?.DATA_DIR ?? join(workdir, contender.name.replace(/\W+/g, '-').toLowerCase())
  mkdirSync(dataDir, { recursive: true })
  const errors = join(workdir, `${port}.stderr`)
  const inherited = Object.fromEntries(
    PLAIN_ENV.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  const startedAt = performance.now()
  const child = Bun.spawn([...contender.command], {
    cwd: contender.cwd,
    env: { ...inherited, NODE_ENV: 'production', DATA_DIR: dataDir, ...contender.env, PORT: String(port) },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: Bun.file(errors),
  })
  const url = `http://127.0.0.1:${port}${contender.path}`
  let answer = 'nothing'
  for (;;) {
    const response = await fetch(url, { headers: contender.headers }).catch(() => undefined)
    if (response?.ok) break
    if (response) answer = `${response.status} ${await response.text()}`
    if (child.exitCode !== null || performance.now() - startedAt > START_TIMEOUT) {
      child.kill('SIGKILL')
      const said = readFileSync(errors, 'utf8').trim().split('\n').slice(-8).join('\n')
      throw new Error(`${contender.name} answered ${contender.path} with ${answer}. Its errors:\n${said}`)
    }
    await Bun.sleep(POLL_INTERVAL)
  }
  return {
    contender,
    pid: child.pid,
    port,
    startedIn: performance.now() - startedAt,
    cpu: () => cpuOf(child.pid),
    memory: () => memoryOf(child.pid),
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await child.exited
      clearTimeout(timer)
    },
  }
}

/** Starts all, runs `work`, and stops them whatever happens. */
export const withServers = async <T>(
  contenders: readonly Contender[],
  workdir: string,
  work: (servers: Running[]) => Promise<T>,
): Promise<T> => {
  const servers: Running[] = []
  try {
    for (const contender of contenders) servers.push(await start(contender, workdir))
    return await work(servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Sends `requests` from a process of its own and accounts for them. Throws when one is not answered with 200. */
const round = async (server: Running, requests: number, connections: number): Promise<Round> => {
  const { path, headers, name } = server.contender
  const job: LoadJob = { port: server.port, path, headers, connections, requests }
  const before = server.cpu()
  const load = Bun.spawn([process.execPath, join(import.meta.dir, 'load.ts'), JSON.stringify(job)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = await new Response(load.stdout).text()
  if ((await load.exited) !== 0) throw new Error(`The load on ${name} failed`)
  const result: LoadResult = JSON.parse(output)
  const cpu = server.cpu() - before
  const ok = result.statuses['200'] ?? 0
  if (ok !== requests) throw new Error(`${name} did not answer 200 every time: ${JSON.stringify(result.statuses)}`)
  return {
    cpuPerRequest: (cpu / requests) * 1_000_000,
    requestsPerSecond: requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    busy: cpu / result.seconds,
  }
}

export interface Plan {
  /** How often each contender has its turn. */
  rounds: number
  /** How long a turn should last, in seconds; the number of requests follows from the warm-up and is the same each turn. */
  seconds: number
  connections: number
}

/** About as many requests as this server answers in so many seconds. */
const requestsIn = (seconds: number, { requestsPerSecond }: Round) =>
  Math.max(PROBE_REQUESTS, Math.round((requestsPerSecond * seconds) / 100) * 100)

const PROBE_REQUESTS = 500
const WARM_UP_SECONDS = 1.5

/** Warms each server up, then gives them turns, in alternating order. One list of rounds per server. */
export const interleave = async (servers: readonly Running[], plan: Plan): Promise<Round[][]> => {
  const requests: number[] = []
  for (const server of servers) {
    const probe = await round(server, PROBE_REQUESTS, plan.connections)
    const warm = await round(server, requestsIn(WARM_UP_SECONDS, probe), plan.connections)
    requests.push(requestsIn(plan.seconds, warm))
  }
  const rounds: Round[][] = servers.map(() => [])
  for (let turn = 0; turn < plan.rounds; turn++) {
    const order = servers.map((_, i) => i)
    for (const i of turn % 2 ? order.toReversed() : order) {
      const server = servers[i]
      if (server) rounds[i]?.push(await round(server, requests[i] ?? PROBE_REQUESTS, plan.connections))
    }
  }
  return rounds
}
