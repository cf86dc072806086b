import { floors, ownVersions, peerVersions, preparePeers } from '../contenders'
import { withServers } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const IDLE_SECONDS = 10
const MAX_MEGABYTES = 110

export const idle: Suite = {
  summary: `resident memory after ${IDLE_SECONDS} s without a request`,
  async run({ workdir, profileDir, say }) {
    const peers = await preparePeers(say)
    say('setting up a database through the API')
    const own = keel(await prepareKeel(workdir), profileDir)
    const contenders = [floors.bun, floors.elysia, own, peers.fastify, peers.express]
    const measured = await withServers(contenders, workdir, async (servers) => {
      say(`waiting ${IDLE_SECONDS} s`)
      await Bun.sleep(IDLE_SECONDS * 1000)
      return servers.map((server) => ({ contender: server.contender, megabytes: server.memory() / 1e6 }))
    })
    const keelIdle = measured.find((entry) => entry.contender === own)?.megabytes ?? Number.POSITIVE_INFINITY
    return {
      suite: 'idle',
      title: 'memory when idle',
      notes: [
        `Resident memory (VmRSS) after the first answered request and ${IDLE_SECONDS} s of rest; 1 MB is 1,000,000 bytes.`,
      ],
      versions: { ...ownVersions(), ...peerVersions() },
      columns: ['server', 'memory MB'],
      rows: measured.map((entry) => [entry.contender.name, entry.megabytes.toFixed(0)]),
      targets: [
        {
          promise: `Keel rests below ${MAX_MEGABYTES} MB`,
          measured: `${keelIdle.toFixed(0)} MB`,
          holds: keelIdle < MAX_MEGABYTES,
        },
      ],
    }
  },
}
