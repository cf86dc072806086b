export const permissions = {
  'users:read': 'See everybody’s account',
  'users:delete': 'Delete and restore accounts',
  'users:manage': 'Help people who are locked out, ban them, end their sessions',
} as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
