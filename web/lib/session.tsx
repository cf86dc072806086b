import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { actAs, api, isBorrowed, onSignedChange, Refused, signedOut, take } from './api'

const fetchViewer = () => take(api().admin.me.get())
type Viewer = Awaited<ReturnType<typeof fetchViewer>>

interface Session {
  viewer: Viewer
  /** True if the one who looks may do this. The API decides again. */
  can: (permission: string) => boolean
}

const SessionContext = createContext<Session | undefined>(undefined)

/** Who is signed in, `null` if nobody. */
export const useViewer = () =>
  useQuery({
    queryKey: ['viewer'],
    queryFn: () =>
      fetchViewer().catch((error: unknown) => {
        if (error instanceof Refused && error.status === 401) return null
        throw error
      }),
    staleTime: 60_000,
    ...(mayBeSignedIn() ? {} : { initialData: null }),
  })

/** The server has seen whether there is a cookie; a script cannot. Saves strangers a request that is refused. */
const mayBeSignedIn = () => document.querySelector<HTMLMetaElement>('meta[name=signed-in]')?.content === 'perhaps'

/** Forgets what was fetched for whoever was signed in before. */
export const useSignedChange = () => {
  const queries = useQueryClient()
  useEffect(() => {
    const stop = onSignedChange((change) => {
      if (change === 'somebody') return void queries.resetQueries()
      // Nothing is asked for again: it would be refused, and told here, for ever.
      queries.setQueryData(['viewer'], null)
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'viewer' })
    })
    return () => void stop()
  }, [queries])
}

export const SessionProvider = ({ viewer, children }: { viewer: Viewer; children: ReactNode }) => (
  <SessionContext value={{ viewer, can: (permission) => viewer.permissions.includes(permission) }}>
    {children}
  </SessionContext>
)

export const useSession = (): Session => {
  const session = useContext(SessionContext)
  if (!session) throw new Error('Nobody is signed in here')
  return session
}

/** Ends the session; in somebody else's place, only that. */
export const leave = async () => {
  await take(api().auth.logout.post())
  if (isBorrowed()) actAs(undefined)
  else signedOut()
}
