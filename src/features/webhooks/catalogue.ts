import { type App, type EventType, perApp } from '#core'

/** The events that integrators may have, by name: collected from the manifests. */
export const catalogue = perApp(
  (app): ReadonlyMap<string, EventType> =>
    new Map(
      app.features
        .flatMap((feature): readonly EventType[] => feature.events ?? [])
        .filter((event) => event.public)
        .map((event) => [event.name, event]),
    ),
)

/** True if one of the filters takes the event: its name, `user.*`, or `*`. */
export const takes = (filters: readonly string[], type: string) =>
  filters.some((filter) => filter === type || filter === '*' || (isPrefix(filter) && type.startsWith(prefixOf(filter))))

/** Places in a list of filters that no event there is could ever pass. */
export const unknownFilters = (app: App, filters: readonly string[]): number[] => {
  const names = [...catalogue(app).keys()]
  return filters.flatMap((filter, i) => (names.some((name) => takes([filter], name)) ? [] : [i]))
}

const isPrefix = (filter: string) => filter.endsWith('.*')
const prefixOf = (filter: string) => filter.slice(0, -1)
