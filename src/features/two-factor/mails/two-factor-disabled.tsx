import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `Two-factor sign-in is off at ${app}`
export const preheader = 'From now on, signing in takes the password alone.'

export const Body = ({ app, name, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      The second factor of your account at {app} was turned off: the password alone signs in again. Other devices have
      been signed out.
    </Text>
    <Facts rows={[['When', when]]} />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>
      It was not you? Then choose a new password right away: that signs everybody out. Then turn the second factor on
      again.
    </Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
