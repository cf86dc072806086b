export const permissions = { 'activities:read': 'See what happened around anybody' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
