import { sample } from './sample'

Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  routes: { '/api/v1/users/me': () => Response.json(sample) },
})
