/** How many jobs of a queue one process runs at a time. Heavy work one by one, waiting for others many at once. */
const CONCURRENCY: Readonly<Record<string, number>> = {
  default: 50,
  mail: 10,
  webhooks: 200,
  'webhooks-slow': 100,
  heavy: 1,
}
const OTHERS = 10

export const concurrencyOf = (queue: string) => CONCURRENCY[queue] ?? OTHERS

/** Rows that one delivery stands for at the most: small beside what one process takes, so that others get their share. */
export const carriedTogether = (queue: string) => Math.max(1, Math.floor(concurrencyOf(queue) / 10))
