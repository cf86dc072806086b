import { expect, test } from 'bun:test'

// A process of its own: in this one, other tests have loaded all of it.
const loadedBy = (entry: string) => {
  const script = `await import('${entry}'); console.log(JSON.stringify(Object.keys(require.cache)))`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script], { cwd: `${import.meta.dir}/../..` })
  const modules: string[] = JSON.parse(stdout.toString())
  return modules
}

test('opening the App loads no React, no templates and no provider', () => {
  const heavy = /node_modules\/(react|react-dom|@react-email|html-to-text|resend|nodemailer)\/|\/mails\/[^/]+\.tsx$/
  const modules = loadedBy('./src/app.ts')
  expect(modules.some((path) => path.endsWith('src/mail/deliver.ts'))).toBe(true)
  expect(modules.filter((path) => heavy.test(path))).toEqual([])
})
