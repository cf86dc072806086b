import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { about, type Check, type Finding } from './finding'

const MB = 1024 ** 2
const LITTLE_BYTES = 1024 * MB
const NOTHING_BYTES = 100 * MB
/** File systems that are gone with the container, or with the machine's next start. */
const FLEETING = new Set(['overlay', 'tmpfs', 'ramfs', 'aufs', 'devtmpfs'])
/** SQLite's write-ahead log needs shared memory, which these cannot give to two machines. */
const REMOTE = /^(nfs4?|cifs|smb3|9p|fuse\..+|ceph|glusterfs)$/

const { error, warning } = about('data folder')

/** The data folder is there, can be written, outlives the process, and has room. */
export const folder: Check = ({ config, mounts, space }) => {
  const { dataDir, production } = config
  const there = nearest(dataDir)
  const found: Finding[] = []
  if (!existsSync(dataDir) && production)
    found.push(
      warning(`${dataDir} is not there yet`, 'Right before the first start. Otherwise mount the volume there.'),
    )
  if (!writable(there))
    return [...found, error(`${there} cannot be written by this user`, `chown it to the user that runs the server`)]

  const type = typeOf(there, mounts())
  const ours = config.databaseUrl.startsWith('file:') || !config.s3
  if (production && ours && type && FLEETING.has(type))
    found.push(
      error(
        `${dataDir} is on ${type}: what is in it goes with the container`,
        'Mount a volume there, or use a libSQL server and a bucket.',
      ),
    )
  if (config.databaseUrl.startsWith('file:') && type && REMOTE.test(type))
    found.push(
      error(`${dataDir} is on a network file system (${type})`, 'Put the database file on a disk of this machine.'),
    )

  const { free } = space(there)
  if (free < NOTHING_BYTES)
    found.push(error(`Only ${Math.floor(free / MB)} MB are left`, 'Make room, or a larger disk: writes fail soon.'))
  else if (free < LITTLE_BYTES)
    found.push(warning(`Only ${Math.floor(free / MB)} MB are left`, 'Backups need as much as the database: make room.'))
  return found
}

const nearest = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearest(dirname(path)))

const writable = (path: string) => {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The type of the file system that holds a path: that of the longest mount point above it; the last one mounted counts. */
const typeOf = (path: string, mountinfo: string): string | undefined => {
  let best: { at: string; type: string } | undefined
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const at = before?.split(' ')[4]?.replaceAll('\\040', ' ')
    const type = after?.split(' ')[0]
    if (!at || !type) continue
    const down = relative(at, path)
    if ((down === '' || !down.startsWith('..')) && at.length >= (best?.at.length ?? 0)) best = { at, type }
  }
  return best?.type
}
