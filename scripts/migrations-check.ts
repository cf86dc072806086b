import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ROOT, run } from './lib/run'

// The migrations in drizzle/ fit together, and lead to the tables that the code describes.
const folder = mkdtempSync(join(tmpdir(), 'keel-migrations-'))
try {
  const checked = await run(['bun', '--bun', 'drizzle-kit', 'check'])
  if (!checked.ok) fail(checked.output)
  cpSync(join(ROOT, 'drizzle'), join(folder, 'drizzle'), { recursive: true })
  const config = join(folder, 'drizzle.config.ts')
  writeFileSync(
    config,
    `import config from ${JSON.stringify(join(ROOT, 'drizzle.config.ts'))}\nexport default { ...config, out: ${JSON.stringify(relative(ROOT, join(folder, 'drizzle')))} }\n`,
  )
  const generated = await run(['bun', '--bun', 'drizzle-kit', 'generate', '--config', relative(ROOT, config)])
  if (!generated.output.includes('No schema changes')) {
    fail(`The tables in the code differ from drizzle/: run \`bun run migrations:generate\`\n${generated.output}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function fail(message: string): never {
  rmSync(folder, { recursive: true, force: true })
  console.error(message)
  process.exit(1)
}
