import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `Two-factor sign-in is on at ${app}`
export const preheader = 'From now on, signing in takes a code as well.'

export const Body = ({ app, name, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Your account at {app} now has a second factor: whoever signs in needs a code of your authenticator app besides the
      password. Other devices have been signed out.
    </Text>
    <Facts rows={[['When', when]]} />
    <Text>Keep your backup codes where you find them without your phone. Each of them signs in once.</Text>
    <Notice>It was not you? Then choose a new password right away, and ask us to reset the second factor.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
