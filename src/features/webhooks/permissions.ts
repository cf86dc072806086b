export const permissions = { 'webhooks:manage': 'Have webhooks that get everybody’s events' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
