import { Elysia } from 'elysia'
import { sample } from './sample'

new Elysia().get('/api/v1/users/me', () => sample).listen({ port: Number(process.env.PORT), hostname: '127.0.0.1' })
