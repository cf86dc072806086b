export { auth } from '#features/auth'
export { twoFactor } from '#features/two-factor'
export { users } from '#features/users'
