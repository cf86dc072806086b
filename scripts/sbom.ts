import { join } from 'node:path'
import { Glob } from 'bun'
import pkg from '../package.json'
import { readArguments } from './lib/arguments'
import { ROOT } from './lib/run'

const HELP = `bun scripts/sbom.ts > sbom.json

Prints what is in node_modules as a CycloneDX 1.6 document: name, version, licence and package URL of each package.
Run it in the image to list what is shipped.`

/** Packages have others inside, which say less. */
const A_PACKAGE = /(^|\/)node_modules\/(@[^/]+\/)?[^/@.][^/]*\/package\.json$/

interface Manifest {
  name?: string
  version?: string
  license?: string
}

readArguments(HELP, {})

const found = new Map<string, object>()
for (const path of new Glob('node_modules/**/package.json').scanSync({ cwd: ROOT, dot: true })) {
  if (!A_PACKAGE.test(path)) continue
  const { name, version, license }: Manifest = await Bun.file(join(ROOT, path)).json()
  if (!name || !version) continue
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const licenses = license
    ? [/ (OR|AND|WITH) |\(/.test(license) ? { expression: license } : { license: { name: license } }]
    : []
  found.set(purl, { type: 'library', 'bom-ref': purl, name, version, purl, licenses })
}
// Bun itself is the largest thing that is shipped.
const bun = `pkg:generic/bun@${Bun.version}`
found.set(bun, { type: 'platform', 'bom-ref': bun, name: 'bun', version: Bun.version, purl: bun })

const document = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', name: pkg.name, version: pkg.version } },
  components: [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component),
}
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
