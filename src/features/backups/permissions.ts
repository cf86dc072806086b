export const permissions = { 'backups:manage': 'Make, download, delete and restore backups' } as const

declare global {
  interface FeaturePermissions extends Record<keyof typeof permissions, string> {}
}
