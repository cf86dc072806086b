import { Spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { go } from '../lib/router'
import { useSession } from '../lib/session'
import { Icon, type IconName } from './icon'

const PAUSE_MS = 150
const PEOPLE = '8'

interface Palette {
  screens: readonly { path: string; label: string; group: string; icon: IconName }[]
}

/** Goes to a screen or a person by a few letters, from anywhere: Ctrl+K. */
export const Palette = ({ screens }: Palette) => {
  const { can } = useSession()
  const [query, setQuery] = useState('')
  const [q] = useDebouncedValue(query.trim(), PAUSE_MS)
  const people = useFetched(['people', 'palette', q], () => api().users.search.get({ query: { q, limit: PEOPLE } }), {
    enabled: q.length > 1 && can('users:read'),
  })
  const found = screens.filter(({ label }) => label.toLowerCase().includes(query.trim().toLowerCase()))
  const persons = query.trim().length > 1 ? (people.data?.data ?? []) : []
  return (
    <Spotlight.Root query={query} onQueryChange={setQuery} shortcut={['mod + K', '/']} scrollable maxHeight={420}>
      <Spotlight.Search placeholder="Go to a screen or a person…" leftSection={<Icon name="search" />} />
      <Spotlight.ActionsList>
        {found.length > 0 && (
          <Spotlight.ActionsGroup label="Screens">
            {found.map(({ path, label, icon }) => (
              <Spotlight.Action key={path} label={label} leftSection={<Icon name={icon} />} onClick={() => go(path)} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {persons.length > 0 && (
          <Spotlight.ActionsGroup label="People">
            {persons.map(({ id, name, email }) => (
              <Spotlight.Action
                key={id}
                label={name}
                description={email}
                leftSection={<Icon name="account" />}
                onClick={() => go(`/people?person=${id}`)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.length + persons.length === 0 && (
          <Spotlight.Empty>Nothing is called that. Try fewer letters.</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
