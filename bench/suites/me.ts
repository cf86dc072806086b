import { floors, ownVersions, peerVersions, preparePeers } from '../contenders'
import { interleave, median, type Round, withServers } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const CONNECTIONS = 32
const MAX_CPU_VERSUS_ELYSIA = 4.5
const MIN_RATE_VERSUS_FASTIFY = 1.3
const MIN_RATE_VERSUS_EXPRESS = 10
/** Below this many busy cores a server waited for the client, and its rate says little. */
const SATURATED = 0.8

type Measure = (round: Round) => number
const cpu: Measure = (round) => round.cpuPerRequest
const rate: Measure = (round) => round.requestsPerSecond

const middle = (rounds: readonly Round[], measure: Measure) => median(rounds.map(measure))

/** Turn by turn, so that a slow minute of the machine hits both sides; the median of those ratios. */
const ratio = (left: readonly Round[], right: readonly Round[], measure: Measure) =>
  median(left.flatMap((round, i) => (right[i] ? [measure(round) / measure(right[i])] : [])))

const times = (factor: number) => `${factor.toFixed(factor < 10 ? 2 : 1)} ×`

export const me: Suite = {
  summary: 'a signed-in GET /api/v1/users/me beside bare Bun.serve, bare Elysia, Fastify and Express',
  async run({ rounds, seconds, workdir, profileDir, say }) {
    const peers = await preparePeers(say)
    say('setting up a database through the API')
    const own = keel(await prepareKeel(workdir), profileDir)
    const { bun, elysia } = floors
    const contenders = [bun, elysia, own, peers.fastify, peers.fastifyTuned, peers.express, peers.expressTuned]
    const measured = await withServers(contenders, workdir, async (servers) => {
      say(`warming up ${servers.length} servers, then ${rounds} rounds of about ${servers.length * seconds} s`)
      const all = await interleave(servers, { rounds, seconds, connections: CONNECTIONS })
      return servers.map((server, i) => ({
        contender: server.contender,
        rounds: all[i] ?? [],
        megabytes: server.memory() / 1e6,
      }))
    })
    const of = (contender: typeof bun) => measured.find((entry) => entry.contender === contender)?.rounds ?? []
    const cpuVersusElysia = ratio(of(own), of(elysia), cpu)
    const rateVersusFastify = ratio(of(own), of(peers.fastify), rate)
    const rateVersusExpress = ratio(of(own), of(peers.express), rate)
    return {
      suite: 'me',
      title: 'a signed-in `GET /api/v1/users/me`',
      notes: [
        `Every server but the two bare ones verifies a JWT (HS256), holds it against the session and the user in SQLite, counts the request against a limit per address, sets a request id and writes one JSON access line (to /dev/null). ${CONNECTIONS} keep-alive connections, no pipelining; the client is another process.`,
        'One difference in kind: the peers read session and user from SQLite each time. Keel remembers verified tokens, and for up to a second what it has read; a change that goes through it drops that at once. It also sends nine security headers that the peers do not.',
        `Medians of ${rounds} interleaved rounds of about ${seconds} s; ratios are medians of the ratios within a round. CPU is the server process's user and system time from /proc/PID/stat, all threads. A rate marked ≥ is a lower bound: the server was waiting for the client.`,
        'Fastify and Express are set up as their documentation has it. The second row of each is what somebody would change after profiling: Fastify with the cache of @fastify/jwt on, Express with the secret as a key object (as a string, jsonwebtoken tries it as a public key first, which costs more than the rest of the request).',
      ],
      versions: { ...ownVersions(), ...peerVersions() },
      columns: [
        'server',
        'CPU µs/request',
        '× bare Elysia',
        'requests/s',
        'Keel is faster by',
        'p50 ms',
        'p99 ms',
        'memory MB',
      ],
      rows: measured.map((entry) => [
        entry.contender.name,
        middle(entry.rounds, cpu).toFixed(1),
        times(ratio(entry.rounds, of(elysia), cpu)),
        `${middle(entry.rounds, (round) => round.busy) < SATURATED ? '≥ ' : ''}${Math.round(middle(entry.rounds, rate))}`,
        entry.contender === own ? '' : times(ratio(of(own), entry.rounds, rate)),
        middle(entry.rounds, (round) => round.p50).toFixed(2),
        middle(entry.rounds, (round) => round.p99).toFixed(2),
        entry.megabytes.toFixed(0),
      ]),
      targets: [
        {
          promise: `CPU per request at most ${MAX_CPU_VERSUS_ELYSIA} × bare Elysia`,
          measured: times(cpuVersusElysia),
          holds: cpuVersusElysia <= MAX_CPU_VERSUS_ELYSIA,
        },
        {
          promise: `at least ${MIN_RATE_VERSUS_FASTIFY} × the requests of Fastify`,
          measured: times(rateVersusFastify),
          holds: rateVersusFastify >= MIN_RATE_VERSUS_FASTIFY,
        },
        {
          promise: `at least ${MIN_RATE_VERSUS_EXPRESS} × the requests of Express`,
          measured: times(rateVersusExpress),
          holds: rateVersusExpress >= MIN_RATE_VERSUS_EXPRESS,
        },
      ],
    }
  },
}
