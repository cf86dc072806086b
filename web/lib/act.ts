import { type QueryKey, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Refused, take } from './api'
import { useLive } from './live'
import { prove } from './step-up'
import { complain, say } from './toasts'

/** A message may get lost: so often things are looked at anyway. */
const LIVE_EVERY_MS = 30_000

interface Answer {
  data: unknown
  error: { status: unknown; value: unknown } | null
}

interface FetchOptions {
  /** Milliseconds after which it is fetched again, where the server does not tell by itself of what has changed. */
  every?: number
  /** Moves without anybody being told: is fetched again all the same. */
  untold?: boolean
  enabled?: boolean
}

/** What a call answers; kept under `key`, the last answer shown while the next is on its way. */
export const useFetched = <R extends Answer>(
  key: QueryKey,
  call: () => Promise<R>,
  { every, untold = false, enabled = true }: FetchOptions = {},
) => {
  const live = useLive() && !untold
  return useQuery({
    queryKey: key,
    queryFn: () => take(call()),
    enabled,
    placeholderData: (before) => before,
    ...(every && { refetchInterval: live ? Math.max(every, LIVE_EVERY_MS) : every }),
  })
}

interface ActOptions<T> {
  /** Said when it has worked. */
  said?: string
  /** What is fetched again: everything, unless told. */
  refresh?: QueryKey
  done?: (answer: T) => void
  /** A form shows what was refused itself. */
  quiet?: boolean
}

/** Something that changes things. Where the API wants the password again, asks for it and goes on. */
export const useAct = <I, R extends Answer>(
  call: (input: I) => Promise<R>,
  { said, refresh, done, quiet }: ActOptions<Exclude<R['data'], null>> = {},
) => {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (input: I) => {
      try {
        return await take(call(input))
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'step_up_required' || !(await prove())) throw error
        return await take(call(input))
      }
    },
    onSuccess: async (answer) => {
      if (said) say(said)
      done?.(answer)
      // What was closed just now is gone from the page by then, and not asked for again.
      await new Promise((resolve) => setTimeout(resolve))
      await queries.invalidateQueries(refresh ? { queryKey: refresh } : {})
    },
    onError: (error) => {
      if (!quiet) complain(error)
    },
  })
}
