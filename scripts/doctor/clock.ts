import { about, type Check, type Finding } from './finding'

/** Signatures of S3 and one-time codes stop working somewhere beyond this. */
const TOLERATED_SECONDS = 30
const { error } = about('clock')

/** Nothing if the clocks agree, give or take. */
export const drift = (whose: string, theirs: Date, ours: Date): Finding[] => {
  const off = Math.round(Math.abs(ours.getTime() - theirs.getTime()) / 1000)
  if (!(off > TOLERATED_SECONDS)) return []
  return [
    error(
      `This machine and ${whose} disagree about the time by ${off} s`,
      'Turn on time synchronisation (systemd-timesyncd, chrony) on the one that is wrong.',
    ),
  ]
}

/** Compares this machine's time with that of the services the settings name, as far as they answer. */
export const clock: Check = async ({ config, fetch, now }) => {
  const asked = [config.s3?.endpoint, config.production ? config.appUrl : undefined].filter((url) => url !== undefined)
  const found = await Promise.all(
    asked.map(async (url) => {
      const date = (await fetch(url).catch(() => undefined))?.headers.get('date')
      return date ? drift(new URL(url).host, new Date(date), now()) : []
    }),
  )
  return found.flat()
}
