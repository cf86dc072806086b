import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { remember } from './opened'
import { freePort } from './services'
import { tempFolder } from './temp'

const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool']

/** True where Ceph's object gateway is installed (Debian: radosgw ceph-mon ceph-osd). On CI it has to be. */
export const hasS3 = PROGRAMS.every((program) => Bun.which(program) !== null)
if (!hasS3 && process.env.CI === 'true') throw new Error(`CI has to have an S3 server: install ${PROGRAMS.join(', ')}`)

export interface S3Server {
  /** A new, empty bucket: what `S3_…` has to say to use it. */
  bucket(): Promise<S3Environment>
  stop(): Promise<void>
}

export type S3Environment = Record<
  'S3_ENDPOINT' | 'S3_REGION' | 'S3_BUCKET' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY',
  string
>

const ACCESS_KEY = 'TESTKEY'
const SECRET_KEY = 'TESTSECRET'

let shared: Promise<S3Server> | undefined

/** The S3 server of this run: started by the first test that needs it, ended with the run. Buckets keep tests apart. */
export const s3Server = (): Promise<S3Server> => {
  shared ??= startS3().then(
    (server) => {
      remember({ close: server.stop, shared: true })
      return server
    },
    (error) => {
      shared = undefined
      throw error
    },
  )
  return shared
}

/**
 * A real S3 server, whose signatures count: a Ceph Object Gateway on one monitor and one store in memory. Up in 11 s.
 * The monitor and the store may miss each other while they start: then it is tried again.
 */
const startS3 = async (tries = 3): Promise<S3Server> => {
  const folder = tempFolder('keel-s3-')
  const [monitor, gateway] = [freePort(), freePort()]
  const cluster = crypto.randomUUID()
  const conf = join(folder.path, 'ceph.conf')
  for (const part of ['mon', 'osd', 'run', 'log']) await mkdir(join(folder.path, part))
  writeFileSync(conf, settings(folder.path, cluster, monitor, gateway))
  const run: Run = async (program, ...args) => {
    const child = Bun.spawn([program, '-c', conf, ...args], {
      stdout: 'ignore',
      stderr: 'pipe',
      env: { PATH: '/usr/bin:/bin:/usr/sbin' },
    })
    const said = await new Response(child.stderr).text()
    if ((await child.exited) !== 0) throw new Error(`${program} failed: ${said.slice(-2000)}`)
  }
  const stop = async () => {
    const pids = join(folder.path, 'run')
    for (const file of await readdir(pids)) {
      if (file.endsWith('.pid')) kill(Number(await readFile(join(pids, file), 'utf8')))
    }
    folder.remove()
  }
  try {
    await startPrograms(folder.path, monitor, cluster, run)
  } catch (error) {
    await stop()
    if (tries > 1) return startS3(tries - 1)
    throw error
  }

  let buckets = 0
  return {
    bucket: async () => {
      buckets += 1
      const environment: S3Environment = {
        S3_ENDPOINT: `http://127.0.0.1:${gateway}`,
        S3_REGION: 'us-east-1',
        S3_BUCKET: `bucket-${buckets}`,
        S3_ACCESS_KEY_ID: ACCESS_KEY,
        S3_SECRET_ACCESS_KEY: SECRET_KEY,
      }
      await createBucket(environment)
      return environment
    },
    stop,
  }
}

type Run = (program: string, ...args: string[]) => Promise<void>

const startPrograms = async (folder: string, monitor: number, cluster: string, run: Run) => {
  const map = join(folder, 'monmap')
  await run('monmaptool', '--create', '--addv', 'a', `[v1:127.0.0.1:${monitor}]`, '--fsid', cluster, map)
  await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
  await run('ceph-mon', '-i', 'a')
  const store = crypto.randomUUID()
  await run('ceph', '--connect-timeout', '20', 'osd', 'new', store)
  await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', store)
  await run('ceph-osd', '-i', '0')
  const user = ['--uid=test', '--display-name=test', `--access-key=${ACCESS_KEY}`, `--secret-key=${SECRET_KEY}`]
  await run('radosgw-admin', '-n', 'client.rgw', 'user', 'create', ...user)
  await run('radosgw', '-n', 'client.rgw')
}

const kill = (pid: number) => {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

/** The gateway opens its port a moment after it has gone to the background. */
const createBucket = async (environment: S3Environment) => {
  const client = new S3Client({
    endpoint: environment.S3_ENDPOINT,
    region: environment.S3_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  })
  for (let tries = 0; ; tries++) {
    try {
      await client.send(new CreateBucketCommand({ Bucket: environment.S3_BUCKET }))
      break
    } catch (error) {
      if (tries === 200) throw error
      await Bun.sleep(50)
    }
  }
  client.destroy()
}

const settings = (folder: string, cluster: string, monitor: number, gateway: number) => `
[global]
fsid = ${cluster}
mon host = [v1:127.0.0.1:${monitor}]
auth cluster required = none
auth service required = none
auth client required = none
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv4 = true
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 512000000
osd max object name len = 256
osd max object namespace len = 64
osd_mclock_skip_benchmark = true
mon allow pool size one = true
mon allow pool delete = true
mon data avail crit = 1
mon data avail warn = 1
mon_warn_on_insecure_global_id_reclaim = false
mon_warn_on_insecure_global_id_reclaim_allowed = false
mon data = ${folder}/mon
osd data = ${folder}/osd
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
log file = ${folder}/log/$name.log
pid file = ${folder}/run/$name.pid
setuser match path =
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw dns name = localhost
rgw run sync thread = false
rgw thread pool size = 32
debug rgw = 0
`
