import { join } from 'node:path'
import { tempFolder } from './temp'

export const hasOpenssl = Bun.which('openssl') !== null

/** A certificate for `hostname`, signed by an authority of its own. Made by openssl, good for a day. */
export const certificateFor = async (hostname: string) => {
  const folder = tempFolder('keel-tls-')
  const path = (name: string) => join(folder.path, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await Bun.write(path('names'), `subjectAltName=DNS:${hostname}`)
  for (const args of [
    [
      'req',
      '-x509',
      ...key,
      '-keyout',
      path('ca.key'),
      '-out',
      path('ca'),
      '-days',
      '1',
      '-subj',
      '/CN=test authority',
    ],
    ['req', ...key, '-keyout', path('key'), '-out', path('request'), '-subj', `/CN=${hostname}`],
    [
      ...['x509', '-req', '-in', path('request'), '-CA', path('ca'), '-CAkey', path('ca.key'), '-CAcreateserial'],
      ...['-out', path('cert'), '-days', '1', '-extfile', path('names')],
    ],
  ]) {
    const openssl = Bun.spawn(['openssl', ...args], { stdout: 'ignore', stderr: 'pipe' })
    if ((await openssl.exited) !== 0) throw new Error(await new Response(openssl.stderr).text())
  }
  const read = (name: string) => Bun.file(path(name)).text()
  const made = { ca: await read('ca'), key: await read('key'), cert: await read('cert') }
  folder.remove()
  return made
}
