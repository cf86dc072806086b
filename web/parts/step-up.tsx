import { Button, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { api, Refused, take } from '../lib/api'
import { answerProofsWith } from '../lib/step-up'
import { Trouble } from './trouble'

/** Asks for the password again where a route is dangerous; what was asked for goes on afterwards. */
export const StepUp = () => {
  const [open, setOpen] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const settle = useRef<(proved: boolean) => void>(() => {})

  useEffect(() => {
    answerProofsWith(
      () =>
        new Promise((resolve) => {
          settle.current = resolve
          setError(undefined)
          setOpen(true)
        }),
    )
    return () => answerProofsWith(undefined)
  }, [])

  const close = (proved: boolean) => {
    setOpen(false)
    settle.current(proved)
  }
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const code = String(form.get('code') ?? '').trim()
    setBusy(true)
    try {
      await take(api().auth['step-up'].post({ password: String(form.get('password')), ...(code && { code }) }))
      close(true)
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  const needsCode = error instanceof Refused && error.code === 'invalid_code'
  return (
    <Modal
      opened={open}
      onClose={() => close(false)}
      title="It is you, is it?"
      zIndex={400}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">This can do harm. Prove your password; it holds for 15 minutes.</Text>
          <PasswordInput name="password" label="Password" required autoComplete="current-password" data-autofocus />
          <TextInput
            name="code"
            label="Code"
            description="From your authenticator app, if your account has a second factor"
            autoComplete="one-time-code"
            inputMode="numeric"
            error={needsCode}
          />
          {error !== undefined && <Trouble error={error} />}
          <Button type="submit" loading={busy}>
            Go on
          </Button>
        </Stack>
      </form>
    </Modal>
  )
}
