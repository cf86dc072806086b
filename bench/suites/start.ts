import { ownVersions, peerVersions, preparePeers } from '../contenders'
import { median, start as startServer } from '../harness'
import { keel, prepareKeel } from '../keel'
import type { Suite } from '../suite'

const STARTS = 10
const MAX_MILLISECONDS = 400

export const start: Suite = {
  summary: 'from spawning the process to its first signed-in 200, with an existing database',
  async run({ workdir, profileDir, say }) {
    const peers = await preparePeers(say)
    say('setting up a database through the API')
    const own = keel(await prepareKeel(workdir), profileDir)
    const contenders = [own, peers.fastify, peers.express]
    const taken = new Map(contenders.map((contender) => [contender, { wall: [] as number[], cpu: [] as number[] }]))
    say(`starting ${contenders.length} servers ${STARTS} times`)
    for (let i = 0; i < STARTS; i++) {
      for (const [contender, { wall, cpu }] of taken) {
        const server = await startServer(contender, workdir)
        wall.push(server.startedIn)
        cpu.push(server.cpu() * 1000)
        await server.stop()
      }
    }
    const keelStart = median(taken.get(own)?.wall ?? [])
    return {
      suite: 'start',
      title: 'start to first response',
      notes: [
        `From spawning the process to the first 200 of \`GET /api/v1/users/me\`, asked every 2 ms; an existing database, run from source, ${STARTS} starts in turn. CPU is what the process had used by then; unlike the time, it hardly depends on what else the machine does.`,
      ],
      versions: { ...ownVersions(), ...peerVersions() },
      columns: ['server', 'median ms', 'fastest ms', 'slowest ms', 'CPU ms'],
      rows: [...taken].map(([contender, { wall, cpu }]) => [
        contender.name,
        median(wall).toFixed(0),
        Math.min(...wall).toFixed(0),
        Math.max(...wall).toFixed(0),
        median(cpu).toFixed(0),
      ]),
      targets: [
        {
          promise: `Keel answers within ${MAX_MILLISECONDS} ms`,
          measured: `${keelStart.toFixed(0)} ms`,
          holds: keelStart < MAX_MILLISECONDS,
        },
      ],
    }
  },
}
