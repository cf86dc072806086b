import { Anchor, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '../lib/api'
import { Trouble } from '../parts/trouble'

const COOKIE = { query: { transport: 'cookie' as const } }

/** Address and password, then the second factor of those who have one. */
export const SignIn = ({ name }: { name: string }) => {
  const queries = useQueryClient()
  const [mfaToken, setMfaToken] = useState<string>()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (field: string) => String(form.get(field) ?? '').trim()
    setBusy(true)
    setError(undefined)
    try {
      // <two-factor>
      if (mfaToken) {
        await take(api().auth['2fa'].challenge.post({ mfaToken, code: text('code') }, COOKIE))
        return await queries.resetQueries()
      }
      // </two-factor>
      const answer = await take(
        api().auth.login.post({ email: text('email'), password: String(form.get('password')) }, COOKIE),
      )
      if ('mfaToken' in answer) setMfaToken(answer.mfaToken)
      else await queries.resetQueries()
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={420}>
        <form onSubmit={submit} key={mfaToken ? 'code' : 'password'}>
          <Stack>
            <div>
              <Text c="dimmed" size="sm">
                {name}
              </Text>
              <Title order={1} size="h2">
                {mfaToken ? 'Your second factor' : 'Sign in'}
              </Title>
            </div>
            {mfaToken ? (
              <TextInput
                name="code"
                label="Code"
                description="From your authenticator app, or one of your backup codes"
                autoComplete="one-time-code"
                required
                autoFocus
              />
            ) : (
              <>
                <TextInput name="email" type="email" label="Address" autoComplete="username" required autoFocus />
                <PasswordInput name="password" label="Password" autoComplete="current-password" required />
              </>
            )}
            {error !== undefined && <Trouble error={error} />}
            <Button type="submit" loading={busy}>
              {mfaToken ? 'Confirm' : 'Sign in'}
            </Button>
            {mfaToken ? (
              <Button variant="subtle" onClick={() => setMfaToken(undefined)}>
                Back
              </Button>
            ) : (
              <Anchor size="sm" href="/forgot-password">
                Forgot your password?
              </Anchor>
            )}
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}
