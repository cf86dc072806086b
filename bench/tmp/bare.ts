import { Elysia } from 'elysia'

new Elysia()
  .get('/api/v1/users/me', () => ({
    id: '01a2034d-a8eb-70ad-ace8-14cb6308f53b',
    email: 'a@example.com',
    name: 'Grace',
    avatarUrl: null,
    emailVerified: false,
    role: 'user',
    twoFactorEnabled: false,
    createdAt: '2026-11-22T12:49:10.528Z',
    updatedAt: '2026-11-22T12:49:10.528Z',
  }))
  .listen(3122)
