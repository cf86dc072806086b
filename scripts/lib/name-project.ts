import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keptFiles } from './files'
import { ROOT } from './run'

export const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
/** `my-shop`: `My Shop`. */
export const titleOf = (name: string) =>
  name.replace(/(^|-)(\w)/g, (_, dash, letter) => `${dash && ' '}${letter.toUpperCase()}`)

/** Where the name is the deployment's or the reader's. In the code, where it seals and labels, it stays. */
const NAMED =
  /^(docs\/(?!decisions|security)|deploy\/|\.github\/|compose\.yaml|fly\.toml|\.env\.example|CONTRIBUTING\.md|SECURITY\.md|tests\/deploy\.test\.ts)/
const TEMPLATES = 'scripts/templates/project'

/** Gives the project its name, and a README, a changelog and a version of its own. */
export const nameProject = async (name: string, title: string, version: string) => {
  const change = async (path: string, edit: (text: string) => string) => {
    const file = Bun.file(join(ROOT, path))
    await Bun.write(file, edit(await file.text()))
  }
  const named = (text: string) =>
    text
      .replace(/\bKeel\b/g, title)
      .replace(/(?<![\w/])keel(?!_|\.db|[a-z])/g, name)
      .replace(/(?<=\/)keel(?!_|\.db|[a-z])/g, name)
  for (const path of (await keptFiles()).filter((one) => NAMED.test(one))) await change(path, named)
  if (existsSync(join(ROOT, 'deploy/keel.service')))
    renameSync(join(ROOT, 'deploy/keel.service'), join(ROOT, `deploy/${name}.service`))
  await change('src/config.ts', (text) => text.replace("?? 'Keel'", () => `?? '${title.replaceAll("'", '’')}'`))
  const fill = (text: string) => text.replaceAll('{{title}}', title).replaceAll('{{version}}', version)
  for (const document of ['README', 'CHANGELOG'])
    await Bun.write(
      join(ROOT, `${document}.md`),
      fill(await Bun.file(join(ROOT, TEMPLATES, `${document}.md.txt`)).text()),
    )
  rmSync(join(ROOT, TEMPLATES), { recursive: true })
  // MIT asks that the notice stays with what was copied.
  renameSync(join(ROOT, 'LICENSE'), join(ROOT, 'LICENSE.keel'))
  await change('package.json', (text) => {
    const { 'bun-create': _, ...manifest } = JSON.parse(text)
    const own = { name, version: '0.1.0', description: title, license: 'UNLICENSED', keel: version }
    return `${JSON.stringify({ ...manifest, ...own }, null, 2)}\n`
  })
}
