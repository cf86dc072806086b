export const permissions = {
  'audit:read': 'See the audit log and check it',
  'audit:export': 'Download the audit log',
} as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
