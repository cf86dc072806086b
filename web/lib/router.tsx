import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

/** All addresses of the page lie below this. */
const BASE = '/admin'

const subscribe = (listener: () => void) => {
  addEventListener('popstate', listener)
  return () => removeEventListener('popstate', listener)
}

/** Goes to an address of the page such as `/people?role=admin`. */
export const go = (to: string, { replace = false } = {}) => {
  const url = BASE + to
  if (url === location.pathname + location.search) return
  history[replace ? 'replaceState' : 'pushState'](null, '', url)
  dispatchEvent(new PopStateEvent('popstate'))
}

/** Where the page is: `/people`. */
export const usePath = () =>
  useSyncExternalStore(subscribe, () => location.pathname.slice(BASE.length).replace(/\/$/, '') || '/')

/** What stands behind the question mark, and a way to change it. Empty values are left out. */
export const useSearch = () => {
  const search = useSyncExternalStore(subscribe, () => location.search)
  const params = new URLSearchParams(search)
  const get = (name: string) => params.get(name) ?? ''
  const set = (changes: Record<string, string | undefined>, options = { replace: true }) => {
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value)
      else next.delete(name)
    }
    const text = next.toString()
    go(location.pathname.slice(BASE.length) + (text ? `?${text}` : ''), options)
  }
  return { get, set }
}

/** A link inside the page; a new tab, a copy of the address and the keyboard work as with any other. */
export const Link = ({ to, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { to: string }) => (
  <a
    {...rest}
    href={BASE + to}
    onClick={(event: MouseEvent<HTMLAnchorElement>) => {
      onClick?.(event)
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
      event.preventDefault()
      go(to)
    }}
  />
)
