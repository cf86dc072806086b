import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { purge } from '#adapters/queue/leases'
import { days, defineJob, type Feature, hours, later, minutes } from '#core'
import { bookkeeping } from '#db'
import { type QueueStage, queueDrivers, queueStage, until } from '../support/queues'

const START = new Date('2026-11-22T10:30:00.000Z')

describe.each(queueDrivers)('schedules: $name', ({ env, start: begin, stop }) => {
  beforeAll(() => begin?.())
  afterAll(() => stop?.())

  /** An App with one schedule, at half past ten. */
  const hourly = async (cron = '0 * * * *') => {
    const ticks: Date[] = []
    const job = defineJob<Record<string, never>>('tick', { run: async (ctx) => void ticks.push(ctx.now) })
    const feature: Omit<Feature, 'name'> = { schedule: [{ name: 'hourly', cron, job }] }
    const stage = await queueStage(env(), feature)
    stage.clock.set(START)
    const start = () => stage.another([{ name: 'stage', ...feature }], { poll: 5 })
    return { ...stage, ticks, start }
  }
  const at = (clock: QueueStage['clock'], time: string) => clock.set(new Date(`2026-11-22T${time}.000Z`))

  test('a schedule starts with the first tick after it was first seen', async () => {
    const { clock, ticks, start } = await hourly()
    const queue = start()
    expect(await queue.runDue()).toBe(0)
    at(clock, '10:59:59')
    expect(await queue.runDue()).toBe(0)
    at(clock, '11:00:00')
    expect([await queue.runDue(), await queue.runDue()]).toEqual([1, 0])
    expect(ticks).toEqual([clock.now()])
  })

  // bar 203
  test('any number of processes fire a tick once', async () => {
    const { clock, ticks, start } = await hourly()
    const queues = [start(), start(), start()]
    for (const time of ['11:00:00', '12:00:01', '13:59:59']) {
      at(clock, time)
      await Promise.all(queues.map((queue) => queue.runDue()))
    }
    expect(ticks).toHaveLength(3)
  })

  // bar 203
  test('of ticks that were missed only the latest is made up for, also after a restart', async () => {
    const { clock, ticks, start } = await hourly()
    await start().runDue()
    clock.advance(days(3))
    expect(await start().runDue()).toBe(1)
    expect(await start().runDue()).toBe(0)
    expect(ticks).toEqual([clock.now()])
  })

  // bar 203
  test('a clock that jumps an hour ahead and back fires no tick twice', async () => {
    const { clock, ticks, start } = await hourly()
    const queues = [start(), start()]
    const everybody = () => Promise.all(queues.map((queue) => queue.runDue()))
    at(clock, '11:05:00')
    await everybody()
    for (let jumps = 0; jumps < 5; jumps++) {
      clock.advance(hours(1))
      await everybody()
      clock.advance(-hours(1))
      await everybody()
      clock.advance(-hours(1))
      await everybody()
      clock.advance(hours(1))
      await everybody()
    }
    // 11:00 and the jump to 12:00; 10:00 lies before the start.
    expect(ticks).toHaveLength(2)
    at(clock, '12:30:00')
    await everybody()
    expect(ticks).toHaveLength(2)
    at(clock, '13:00:00')
    await everybody()
    expect(ticks).toHaveLength(3)
  })

  test('a worker fires schedules by itself', async () => {
    const { clock, ticks, start } = await hourly('*/5 * * * *')
    const queue = start()
    await queue.work()
    clock.advance(minutes(5))
    await until(async () => ticks.length === 1)
    clock.advance(minutes(5))
    await until(async () => ticks.length === 2)
    await queue.drain(0)
  })

  test('a schedule can be seen, and run besides its ticks', async () => {
    const { app, clock, ctx, ticks, start } = await hourly()
    const queue = start()
    await queue.runDue()
    const listed = async () => (await app.queue.admin.schedules(ctx())).find(({ name }) => name === 'hourly')
    const nextRunAt = new Date('2026-11-22T11:00:00.000Z')
    expect(await listed()).toEqual({ name: 'hourly', cron: '0 * * * *', nextRunAt, lastRunAt: null, lastStatus: null })
    expect(await bookkeeping(app, (tx) => app.queue.admin.runSchedule(tx, ctx(), 'hourly'))).toBeString()
    expect(await listed()).toMatchObject({ lastStatus: 'waiting' })
    expect(await queue.runDue()).toBe(1)
    expect(await listed()).toMatchObject({ lastRunAt: clock.now(), lastStatus: 'done' })
    at(clock, '11:00:00')
    expect(await queue.runDue()).toBe(1)
    expect(ticks).toHaveLength(2)
    expect(await bookkeeping(app, (tx) => app.queue.admin.runSchedule(tx, ctx(), 'unknown'))).toBeUndefined()
  })

  test('done jobs are removed after a time, but for the last one of each schedule', async () => {
    const { app, clock, ctx, rows, start } = await hourly()
    const queue = start()
    for (let month = 0; month < 3; month++) {
      clock.advance(days(30))
      await queue.runDue()
    }
    const doneBefore = (date: Date) => bookkeeping(app, (tx) => purge(tx, date))
    expect(await doneBefore(later(clock.now(), -days(45)))).toBe(1)
    expect(await doneBefore(later(clock.now(), days(1)))).toBe(1)
    expect(await rows()).toHaveLength(1)
    expect((await app.queue.admin.schedules(ctx())).find(({ name }) => name === 'hourly')).toMatchObject({
      lastStatus: 'done',
    })
  })

  test('a cron expression that means nothing stops the start', async () => {
    const { start } = await hourly('61 * * * *').catch((error: Error) => ({ start: error }))
    expect(String(start)).toContain('The schedule hourly has no valid cron expression: 61 * * * *')
  })
})
