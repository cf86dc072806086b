import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `Your second factor at ${app} was reset`
export const preheader = 'The password alone signs in until you set it up again.'

export const Body = ({ app, name, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Somebody who looks after {app} took away the second factor of your account, and you have been signed out
      everywhere. Until you set it up again, the password alone signs in.
    </Text>
    <Facts rows={[['When', when]]} />
    <Text>If you asked for it, sign in and turn the second factor on again with your new device.</Text>
    <Notice>You did not ask for it? Then choose a new password right away, and tell us.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
