import type { Page } from 'playwright-core'
import { type Json, type TestApp, until } from '#tests'
import { settled } from './browser'

/** Milliseconds that a test in a browser may take on a busy machine. */
export const SLOW = 120_000

/** Actions in the audit log, newest first. */
export const recorded = async ({ as }: TestApp, action: string): Promise<Json[]> =>
  (await as.admin.get('/admin/audit-logs', { query: { action } }).json()).data

/** The newest entry of the audit log about it, once it is there. */
export const record = (house: TestApp, action: string): Promise<Json> =>
  until(async () => (await recorded(house, action))[0], 50)

/** Opens a dialog by its button and confirms it. */
export const confirm = async (
  page: Page,
  opener: string,
  submit: string,
  fill?: (dialog: ReturnType<Page['getByRole']>) => Promise<void>,
) => {
  await page.getByRole('button', { name: opener, exact: true }).first().click()
  const dialog = page.getByRole('dialog').last()
  await fill?.(dialog)
  await dialog.getByRole('button', { name: submit, exact: true }).click()
}

export const said = (page: Page, text: string | RegExp) => page.getByRole('status').getByText(text).first().waitFor()

/** Loads the page anew, without the messages of what went before. */
export const anew = async (page: Page, path: string) => {
  await page.goto(`/admin${path}`)
  await settled(page)
}

/** The secret that is shown once; closes its dialog. */
export const takeSecret = async (page: Page): Promise<string> => {
  const secret = (await page.getByTestId('secret').textContent()) ?? ''
  await page.getByRole('button', { name: 'I have it' }).click()
  await page.getByTestId('secret').waitFor({ state: 'hidden' })
  return secret
}
