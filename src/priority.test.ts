import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { tempFolder } from '#tests'
import { startServer } from '../tests/support/server'
import { until } from '../tests/support/until'

/** Niceness of a process's threads by their names. */
const threadsOf = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const [, name = ''] = /\((.*)\)/.exec(stat) ?? []
    return { name, nice: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]), first: Number(thread) === pid }
  })

test.skipIf(process.platform !== 'linux')('what hashes passwords gives way to what answers', async () => {
  const folder = tempFolder()
  const server = await startServer({ DATA_DIR: folder.path, LOG_LEVEL: 'silent' })
  try {
    const pool = () => threadsOf(server.pid).filter(({ name }) => name.startsWith('Bun Pool'))
    await until(() => pool().length > 0 && pool().every(({ nice }) => nice === 10))
    expect(threadsOf(server.pid).find(({ first }) => first)?.nice).toBe(0)
  } finally {
    await server.kill('SIGTERM')
    folder.remove()
  }
})
