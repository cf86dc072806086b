import type { TestApp } from '#tests'

/** Something to see on every screen. */
export const furnish = async ({ as, person, runJobs }: TestApp) => {
  const { admin, ada } = as
  const personId = await ada.id()
  for (const name of ['grace', 'edsger', 'barbara', 'donald', 'radia']) await person(name).id()
  await person('support', { role: 'support' }).id()
  await admin.post('/auth/step-up', { password: admin.password })
  await admin
    .post('/admin/roles', { name: 'helpdesk', description: 'Answers tickets', permissions: ['users:read'] })
    .json()
  await admin.patch('/users/me', { name: 'Admin of the house' })
  await admin.post(`/admin/users/${await person('donald').id()}/ban`, { reason: 'Sent spam' }).json()
  await admin.post('/api-keys', { name: 'Nightly import', scopes: ['users:read'] }).json()
  const webhook = await admin.post('/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['*'], scope: 'app' }).json()
  await admin.post(`/webhooks/${webhook.id}/test`)
  await ada.patch('/users/me', { name: 'Ada Lovelace' }).json()
  await admin.post('/admin/emails/test', { template: 'verify_email', to: 'sample@example.com' })
  await runJobs()
  const jobs = await admin.get('/admin/jobs').json()
  return { personId, webhookId: webhook.id as string, jobId: jobs.data[0]?.id as string }
}
