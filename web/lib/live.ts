import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { addressOf } from './api'

/** What is looked at again when something has changed, by the stream's word for it. */
const TOUCHES: Record<string, readonly string[]> = {
  jobs: ['jobs', 'exports', 'backups', 'webhooks', 'mails'],
  job: ['jobs'],
  queue: ['jobs'],
  notifications: ['notifications'],
  export: ['exports'],
  backup: ['backups', 'health'],
  webhook: ['webhooks'],
  file: ['files'],
  api_key: ['keys'],
  email: ['mails'],
  settings: ['limits'],
}

let connected = false
const listeners = new Set<() => void>()
const set = (now: boolean) => {
  connected = now
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** True while the server tells by itself what has changed: then nobody need ask every few seconds. */
export const useLive = () => useSyncExternalStore(subscribe, () => connected)

/**
 * Keeps the stream open and what it names fresh. One for the whole page: a browser has few connections to a host. Whoever
 * is not told of jobs (`ofJobs`) goes on asking.
 */
export const useLiveUpdates = (wanted: boolean, ofJobs: boolean) => {
  const queries = useQueryClient()
  useEffect(() => {
    if (!wanted) return
    const stream = new EventSource(addressOf('/admin/live'))
    stream.addEventListener('changed', ({ data }: MessageEvent<string>) => {
      const topics: string[] = JSON.parse(data)
      for (const key of new Set(topics.flatMap((topic) => TOUCHES[topic] ?? [])))
        void queries.invalidateQueries({ queryKey: [key] })
    })
    stream.addEventListener('open', () => set(ofJobs))
    stream.addEventListener('error', () => set(false))
    return () => {
      stream.close()
      set(false)
    }
  }, [queries, wanted, ofJobs])
}
