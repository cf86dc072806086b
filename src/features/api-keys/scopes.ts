import { type App, holds } from '#core'

/** True if whoever holds `one` holds `other`: `*` is everything, `users:*` everything about users. */
const covers = (one: string, other: string): boolean =>
  one === other || one === '*' || (one.endsWith(':*') && other.startsWith(one.slice(0, -1)))

/** What is in both: neither does a key more than its owner, nor its owner by that key more than its scopes say. */
export const narrowed = (scopes: readonly string[], held: readonly string[]): Set<string> =>
  new Set(
    scopes.flatMap((scope) =>
      held.flatMap((permission) => {
        if (covers(permission, scope)) return [scope]
        return covers(scope, permission) ? [permission] : []
      }),
    ),
  )

/** True if all of what a scope means is held. */
export const isHeld = (held: ReadonlySet<string>, scope: string): boolean => holds(held, scope)

/** True if some feature knows this permission, or one that it covers. */
export const isKnown = (app: App, scope: string): boolean =>
  app.features.some(({ permissions }) => Object.keys(permissions ?? {}).some((permission) => covers(scope, permission)))
