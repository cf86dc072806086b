import { describe, expect, test } from 'bun:test'
import { hours, systemContext } from '#core'
import { erase } from '#features/auth'
import { testApp } from '#tests'
import { bytesOf, photo, send } from './pictures.test.kit'

const stage = async (env: Record<string, string> = {}) => {
  const started = await testApp({ env })
  const keys = () => Array.fromAsync(started.app.storage.list(''))
  const rowsLeft = async () => (await started.app.db.all('select id from files')).length
  const events = async () => {
    const { data } = await started.app.journal.list(systemContext(started.app, 'test'), { limit: '100' }, {})
    return data.filter(({ type }) => type.startsWith('file.')).map(({ type, userId }) => [type, userId])
  }
  return { ...started, keys, rowsLeft, events }
}

describe('deleting a file', () => {
  test('removes object, variants and row, and is told', async () => {
    const { as, keys, rowsLeft, runJobs, events } = await stage()
    const { id } = await send(as.ada, await photo(), 'a.jpg').json()
    await runJobs()
    expect(await keys()).toHaveLength(3)
    expect((await as.ada.delete(`/upload/${id}`)).status).toBe(204)
    for (const path of [`/files/${id}`, `/files/${id}/content`])
      expect(await as.ada.get(path)).toRefuse(404, 'file_not_found')
    expect((await as.ada.get('/files').json()).data).toEqual([])
    await runJobs()
    expect([await keys(), await rowsLeft()]).toEqual([[], 0])
    const ada = await as.ada.id()
    expect(await events()).toEqual([
      ['file.deleted', ada],
      ['file.created', ada],
    ])
  })

  // bar 165
  test('20 times at once happens once', async () => {
    const { as, race, runJobs, keys, rowsLeft, events } = await stage({ RATE_LIMIT: 'off' })
    const { id } = await send(as.ada, 'x', 'a.txt').json()
    const replies = await race(20, () => ({ as: as.ada, method: 'DELETE', path: `/files/${id}` }))
    expect(replies.map(({ status }) => status).toSorted()).toEqual([204, ...Array(19).fill(404)])
    await runJobs()
    expect([await keys(), await rowsLeft()]).toEqual([[], 0])
    expect(await events()).toHaveLength(2)
  })

  test('is for admins too, who see everybody’s', async () => {
    const { as } = await stage()
    const { id } = await send(as.ada, 'x', 'a.txt').json()
    await send(as.bob, 'y', 'b.txt').json()
    const ownerId = await as.ada.id()
    expect((await as.admin.get('/admin/files').json()).data).toHaveLength(2)
    expect((await as.admin.get('/admin/files', { query: { ownerId } }).json()).data).toMatchObject([{ id, ownerId }])
    expect(await as.admin.get('/admin/files', { query: { ownerId: 'x' } })).toRefuse(422, 'validation_failed')
    expect(await as.bob.get('/admin/files')).toRefuse(403, 'forbidden')
    expect(await as.bob.delete(`/admin/files/${id}`)).toRefuse(403, 'forbidden')
    expect((await as.admin.delete(`/admin/files/${id}`)).status).toBe(204)
    expect(await as.admin.delete(`/admin/files/${id}`)).toRefuse(404, 'file_not_found')
  })
})

describe('my files', () => {
  test('are listed by time, name and size, page by page', async () => {
    const { as } = await stage()
    for (const [name, size] of [
      ['b.txt', 3],
      ['a.txt', 2],
      ['c.txt', 1],
    ] as const)
      await send(as.ada, 'x'.repeat(size), name).json()
    const names = async (query: Record<string, string>) =>
      (await as.ada.get('/files', { query }).json()).data.map(({ name }: { name: string }) => name)
    expect(await names({})).toEqual(['c.txt', 'a.txt', 'b.txt'])
    expect(await names({ sort: 'name' })).toEqual(['a.txt', 'b.txt', 'c.txt'])
    expect(await names({ sort: '-size' })).toEqual(['b.txt', 'a.txt', 'c.txt'])
    const { meta } = await as.ada.get('/files', { query: { limit: 2, count: true } }).json()
    expect(meta.total).toBe(3)
    expect(await names({ limit: '2', cursor: meta.nextCursor })).toEqual(['b.txt'])
    expect(await as.ada.get('/files', { query: { sort: 'sha256' } })).toRefuse(422, 'validation_failed')
  })
})

describe('a person who is erased', () => {
  // bar 245
  test('leaves no file behind', async () => {
    const { app, as, keys, rowsLeft, runJobs } = await stage()
    await send(as.ada, await photo(), 'a.jpg').json()
    await send(as.ada, 'x', 'a.txt').json()
    const { id } = await send(as.bob, 'x', 'bob.txt').json()
    await runJobs()
    await erase(systemContext(app, 'test'), await as.ada.id())
    await runJobs()
    expect([await keys(), await rowsLeft()]).toEqual([[`files/${id}/original`], 1])
    expect(await app.db.all('select owner_id from file_usage')).toEqual([{ owner_id: await as.bob.id() }])
  })

  test('could take along what is known about the files', async () => {
    const { app, as } = await stage()
    const file = await send(as.ada, 'x', 'a.txt').json()
    const feature = app.features.find(({ name }) => name === 'files')
    expect(await feature?.exportUser?.(systemContext(app, 'test'), await as.ada.id())).toEqual({ 'files.json': [file] })
  })
})

describe('the sweep', () => {
  // bar 165
  test('removes objects without a row, once they are an hour old', async () => {
    const { app, as, clock, keys, runJobs } = await stage()
    const { id } = await send(as.ada, 'x', 'a.txt').json()
    const orphan = Bun.randomUUIDv7()
    await app.storage.put(`files/${orphan}/original`, bytesOf('x'))
    await app.storage.put(`files/${orphan}/thumb.webp`, bytesOf('x'))
    await app.storage.put(`incoming/${orphan}`, bytesOf('x'))
    clock.advance(hours(0.9))
    await runJobs()
    expect(await keys()).toHaveLength(4)
    clock.advance(hours(1.2))
    await runJobs()
    expect(await keys()).toEqual([`files/${id}/original`])
  })

  // bar 165
  test('gives up files whose object is gone, after a day', async () => {
    const { app, as, clock, runJobs, events, rowsLeft, outside } = await stage()
    const gone = await send(as.ada, 'x', 'a.txt').json()
    const kept = await send(as.ada, 'y', 'b.txt').json()
    await app.storage.delete(`files/${gone.id}/original`)
    expect(await as.ada.get(`/files/${gone.id}/content`)).toRefuse(404, 'file_not_found')
    clock.advance(hours(2))
    await runJobs()
    expect(await rowsLeft()).toBe(2)
    expect((await outside.get('/health').json()).checks.files).toMatchObject([{ status: 'warn' }])
    clock.advance(hours(25))
    await runJobs()
    expect(await app.db.all('select id from files')).toEqual([{ id: kept.id }])
    expect((await events())[0]?.[0]).toBe('file.deleted')
  })

  test('believes no store that is empty: it may be the wrong one', async () => {
    const { app, as, clock, runJobs, rowsLeft } = await stage()
    const { id } = await send(as.ada, 'x', 'a.txt').json()
    await app.storage.delete(`files/${id}/original`)
    for (let day = 0; day < 3; day++) {
      clock.advance(hours(25))
      await runJobs()
    }
    expect(await rowsLeft()).toBe(1)
  })
})

describe('an avatar', () => {
  test('is a picture of one’s own; its variants are for everybody, the original is not', async () => {
    const { as, anon } = await stage()
    const { id } = await send(as.ada, await photo(), 'a.jpg').json()
    const user = await as.ada.patch('/users/me', { avatarFileId: id }).json()
    expect(user.avatarUrl).toBe(`/api/v1/files/${id}/content?variant=thumb`)
    expect((await anon.get(`/files/${id}/content?variant=thumb`)).headers.get('content-type')).toBe('image/webp')
    expect(await anon.get(`/files/${id}/content`)).toRefuse(401, 'unauthenticated')
    await as.ada.patch('/users/me', { avatarFileId: null }).json()
    expect(await anon.get(`/files/${id}/content?variant=thumb`)).toRefuse(401, 'unauthenticated')
  })

  test('cannot be somebody else’s, no picture, or gone', async () => {
    const { as } = await stage()
    const picture = await send(as.bob, await photo(), 'a.jpg', { visibility: 'public' }).json()
    const plain = await send(as.ada, 'x', 'a.txt').json()
    for (const avatarFileId of [picture.id, plain.id, Bun.randomUUIDv7()])
      expect(await as.ada.patch('/users/me', { avatarFileId })).toRefuse(422, 'validation_failed')
  })

  test('goes with its file', async () => {
    const { as } = await stage()
    const { id } = await send(as.ada, await photo(), 'a.jpg').json()
    await as.ada.patch('/users/me', { avatarFileId: id }).json()
    await as.ada.delete(`/files/${id}`)
    expect((await as.ada.get('/users/me').json()).avatarUrl).toBeNull()
  })
})
