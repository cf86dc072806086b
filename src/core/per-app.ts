import type { App } from './app'

/** State that a feature keeps in memory for one App: made when it is first asked for, gone with the App. */
export const perApp = <T>(make: (app: App) => T) => {
  const made = new WeakMap<object, T>()
  return (app: App): T => {
    const known = made.get(app.database)
    if (known !== undefined) return known
    const fresh = make(app)
    made.set(app.database, fresh)
    return fresh
  }
}
