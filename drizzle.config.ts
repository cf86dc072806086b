import { defineConfig } from 'drizzle-kit'

/** `bun run migrations:generate` compares the tables in these files with `drizzle/` and writes what is missing. */
export default defineConfig({
  dialect: 'sqlite',
  schema: ['./src/features/*/schema.ts', './src/adapters/*/schema.ts', './src/mail/schema.ts'],
  out: './drizzle',
})
