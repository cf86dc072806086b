const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const whole = new Intl.NumberFormat()

export const formatTime = (iso: string) => moment.format(new Date(iso))
export const formatNumber = (value: number) => whole.format(value)

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** `3 hours ago`, `in 2 days`. */
export const formatAgo = (iso: string, now = Date.now()) => {
  const seconds = (new Date(iso).getTime() - now) / 1000
  for (const [unit, length] of STEPS)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  return relative.format(Math.trunc(seconds), 'second')
}

/** `1.5 MB`. */
export const formatBytes = (bytes: number) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let at = 0
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000
    at += 1
  }
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`
}

// <audit>
/** `user.role_changed` for people: `User · role changed`. */
export const formatAction = (action: string) => {
  const [subject = '', ...rest] = action.split('.')
  const words = (text: string) => text.replaceAll('_', ' ').replaceAll('-', ' ')
  return `${subject.charAt(0).toUpperCase()}${words(subject.slice(1))}${rest.length > 0 ? ` ${words(rest.join(' '))}` : ''}`
}
// </audit>
