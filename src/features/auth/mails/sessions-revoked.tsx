import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  device?: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `We signed out one of your devices at ${app}`
export const preheader = 'Its sign-in was used from two places.'

export const Body = ({ app, name, device, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Somebody used a sign-in of yours at {app} that had been replaced by a newer one. It may have been copied, so we
      ended it to be on the safe side. You can sign in again as usual.
    </Text>
    <Facts
      rows={[
        ['When', when],
        ['Device', device],
      ]}
    />
    <Notice>
      This can be harmless, for instance after restoring a device from a backup. If you cannot explain it, choose a new
      password: that signs out everybody else.
    </Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  device: 'Chrome on Windows',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
