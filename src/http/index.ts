export { exchangeOf, requestContext } from './exchange'
export { failures as httpFailures } from './failures'
export { router } from './router'
export { isSameSite, requireSameSite } from './same-site'
