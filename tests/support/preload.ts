// Before any test: what the tests may rely on, whatever the machine's environment says.
process.env.NODE_ENV = 'test'
process.env.TZ = 'UTC'
