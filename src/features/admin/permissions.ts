export const permissions = {
  'users:impersonate': 'Open somebody’s account for an hour to help them',
  'roles:read': 'See roles and permissions',
  'roles:manage': 'Make, change and delete roles',
  'stats:read': 'See how much there is and what happened lately',
  'emails:read': 'See what was mailed to whom',
  'emails:manage': 'Send sample mails',
  'settings:manage': 'See and change rate limits',
  'system:read': 'See the detail of the health report, what the server is made of, and who uses deprecated versions',
} as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
