export const permissions = {
  'jobs:read': 'See jobs, queues and schedules',
  'jobs:manage': 'Retry, discard, pause and run jobs',
} as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
