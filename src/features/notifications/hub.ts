import { perApp } from '#core'
import { createStreams, type Frame } from '#features/auth'
import type { NotificationView } from './view'

export const frameOf = (notification: NotificationView): Required<Frame> => ({
  id: notification.id,
  text: `id: ${notification.id}\nevent: notification\ndata: ${JSON.stringify(notification)}\n\n`,
})

/** Who is listening in this process. */
export const hub = perApp((app) => {
  const streams = createStreams(app)
  app.bus.subscribe('notifications', (message) => {
    const { userId, notification } = message as { userId: string; notification: NotificationView }
    let frame: Frame | undefined
    for (const reader of streams.of(userId)) {
      frame ??= frameOf(notification)
      reader.push(frame)
    }
  })
  return streams
})
