declare global {
  /** Every permission there is: each feature adds its own where it declares them, in `permissions.ts`. */
  interface FeaturePermissions {}
}

/** The name of a permission, `resource:action`. */
export type Permission = keyof FeaturePermissions
