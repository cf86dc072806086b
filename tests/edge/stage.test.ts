import { describe, expect, test } from 'bun:test'
import { router } from '#http'
import { type Reply, testApp } from '#tests'
import { defineFeature } from '../../src/core'
import * as list from '../../src/features'

const broken = defineFeature({
  name: 'broken',
  routes: (app) =>
    router(app, '/broken').get(
      '/',
      () => {
        throw new Error('SELECT canary FROM users in /srv/keel/secret.ts')
      },
      { public: true },
    ),
})

/** All that tells one reply from the next. */
const steady = ({ status, headers, text }: Reply) => ({
  status,
  type: headers.get('content-type'),
  body: text.replace(/"requestId":"[^"]+"/, ''),
})

describe('what strangers are told of an error', () => {
  // bar 250
  test('is the same wherever NODE_ENV is unset, development, test or production', async () => {
    const told: unknown[] = []
    for (const NODE_ENV of [undefined, 'development', 'test', 'production']) {
      const { anon, outside } = await testApp({
        features: [...Object.values(list), broken],
        env: {
          NODE_ENV: NODE_ENV ?? '',
          RATE_LIMIT: 'off',
          LOG_LEVEL: 'silent',
          APP_URL: 'https://keel.example',
          SMTP_URL: 'smtp://127.0.0.1:1',
          MAIL_FROM: 'keel@keel.example',
        },
      })
      const replies = [
        await anon.get('/broken'),
        await anon.post('/auth/login', { email: 'canary', password: 5 }),
        await anon.post('/auth/login', '{canary', { headers: { 'content-type': 'application/json' } }),
        await anon.get('/users?limit=canary'),
        await outside.get('/canary'),
      ]
      expect(replies.map(({ status }) => status)).toEqual([500, 422, 400, 401, 404])
      for (const { text } of replies.slice(0, 4)) expect(text).not.toMatch(/canary|secret|stack|\.ts/)
      told.push(replies.map(steady))
    }
    for (const one of told) expect(one).toEqual(told[0])
  })
})
