export const permissions = { 'api-keys:manage': 'Give API keys limits above the general one' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
