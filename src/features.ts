export { auth } from '#features/auth'
export { users } from '#features/users'
