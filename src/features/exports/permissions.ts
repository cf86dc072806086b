export const permissions = { 'users:export': 'Have everybody’s account written into a file' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
