export const permissions = { 'files:read': 'See everybody’s files', 'files:delete': 'Delete anybody’s files' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
