import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { timestamp } from '#db'
import { users } from '../users/schema'

const owner = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

/** One authenticator per person. Guards nothing before `enabledAt`, so an enrolment that is given up is in nobody's way. */
export const twoFactors = sqliteTable('two_factors', {
  userId: owner().primaryKey(),
  /** In base32, sealed for this person. */
  secret: text('secret').notNull(),
  /** When the secret was made. */
  createdAt: timestamp('created_at').notNull(),
  enabledAt: timestamp('enabled_at'),
  /** Time step of the last code that was taken. Only rises: no code is taken twice (RFC 6238 5.2). */
  lastStep: integer('last_step').notNull().default(0),
  /** Wrong codes of any method in the window that ends at `triesResetAt`. */
  tries: integer('tries').notNull().default(0),
  triesResetAt: timestamp('tries_reset_at'),
  /** Wrong codes without a right one between them, at sign-ins with the password of this mark. */
  wrongInARow: integer('wrong_in_a_row').notNull().default(0),
  wrongMark: text('wrong_mark'),
})

/** Codes that are left: one that is used is gone. */
export const backupCodes = sqliteTable(
  'two_factor_backup_codes',
  {
    /** Keyed with the person's TOTP secret, which the database holds only sealed. */
    digest: text('digest').primaryKey(),
    userId: owner(),
  },
  (table) => [index('two_factor_backup_codes_user').on(table.userId)],
)

/** Sign-ins that have got the password right and wait for a code. */
export const challenges = sqliteTable(
  'two_factor_challenges',
  {
    digest: text('digest').primaryKey(),
    userId: owner(),
    /** Of the password that it began with: it dies with that. */
    passwordMark: text('password_mark').notNull(),
    expiresAt: timestamp('expires_at').notNull(),
    tries: integer('tries').notNull().default(0),
  },
  (table) => [index('two_factor_challenges_user').on(table.userId, table.expiresAt)],
)

export type TwoFactor = typeof twoFactors.$inferSelect
