// Loaded into the real server: upon SIGUSR2, promises fail with nobody waiting for them, at once and in a timer.
process.on('SIGUSR2', () => {
  void Promise.reject(new Error('canary at once'))
  setTimeout(() => void Promise.reject(new TypeError('canary in a timer')), 1)
})
