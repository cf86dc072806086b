import { Alert, Button, Card, Code, Image, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAct } from '../lib/act'
import { api } from '../lib/api'
import { Ask } from '../parts/ask'
import { Trouble } from '../parts/trouble'

interface Enrolment {
  secret: string
  qrCode: string
}

const text = (form: FormData, name: string) => String(form.get(name) ?? '').trim()
const Proof = () => (
  <>
    <PasswordInput name="password" label="Password" required autoComplete="current-password" data-autofocus />
    <TextInput name="code" label="Code" required autoComplete="one-time-code" />
  </>
)
const proof = (form: FormData) => ({ password: String(form.get('password')), code: text(form, 'code') })

/** Turns one's second factor on and off. */
export const SecondFactor = ({ on }: { on: boolean | undefined }) => {
  const [enrolment, setEnrolment] = useState<Enrolment>()
  const [codes, setCodes] = useState<string[]>()
  const verify = useAct((code: string) => api().auth['2fa'].verify.post({ code }), {
    quiet: true,
    done: ({ backupCodes }) => {
      setEnrolment(undefined)
      setCodes(backupCodes)
    },
  })
  const confirm = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    verify.mutate(text(new FormData(event.currentTarget), 'code'))
  }
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Second factor
      </Title>
      <Stack align="flex-start">
        <Text size="sm">
          {on
            ? 'It is on: signing in takes a code of your authenticator app.'
            : 'It is off: your password is all it takes.'}
        </Text>
        {codes && (
          <Alert color="orange" title="Your backup codes, shown once" w="100%">
            <Text size="sm" mb="xs">
              Each opens your account once when the app is not at hand.
            </Text>
            <Code block>{codes.join('\n')}</Code>
          </Alert>
        )}
        {enrolment && (
          <form onSubmit={confirm}>
            <Stack align="flex-start">
              <Text size="sm">Scan this with your authenticator app, then enter the code that it shows.</Text>
              <Image src={enrolment.qrCode} alt="QR code of the secret below" w={180} radius={0} />
              <Code>{enrolment.secret}</Code>
              <TextInput name="code" label="Code" required autoComplete="one-time-code" inputMode="numeric" />
              {verify.isError && <Trouble error={verify.error} />}
              <Button type="submit" size="xs" loading={verify.isPending}>
                Turn it on
              </Button>
            </Stack>
          </form>
        )}
        {on === false && !enrolment && (
          <Ask
            label="Set up…"
            title="Set up a second factor"
            submit="Go on"
            variant="filled"
            call={(form) => api().auth['2fa'].enable.post({ password: String(form.get('password')) })}
            done={(begun) => setEnrolment(begun)}
          >
            <PasswordInput name="password" label="Password" required autoComplete="current-password" data-autofocus />
          </Ask>
        )}
        {on && (
          <>
            <Ask
              label="New backup codes…"
              title="New backup codes"
              hint="The old ones are dead."
              submit="Make new ones"
              call={(form) => api().auth['2fa']['backup-codes'].post(proof(form))}
              done={({ backupCodes }) => setCodes(backupCodes)}
            >
              <Proof />
            </Ask>
            <Ask
              label="Turn off…"
              title="Turn the second factor off"
              submit="Turn off"
              danger
              call={(form) => api().auth['2fa'].disable.post(proof(form))}
              said="The second factor is off"
            >
              <Proof />
            </Ask>
          </>
        )}
      </Stack>
    </Card>
  )
}
