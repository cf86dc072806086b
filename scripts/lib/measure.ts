export const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`

/** `since` as `performance.now()` gave it. */
export const secondsSince = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`
