import { Action, Greeting, Link, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  signInUrl: string
  resetUrl: string
}

export const subject = (app: string) => `You already have an account at ${app}`
export const preheader = 'Somebody tried to sign up with your address.'

export const Body = ({ app, name, signInUrl, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Somebody, probably you, just tried to create an account at {app} with this email address. You already have one, so
      we did not make another. Just sign in:
    </Text>
    <Action href={signInUrl}>Sign in</Action>
    <Text>
      Forgot your password? You can <Link href={resetUrl}>choose a new one</Link> at any time.
    </Text>
    <Notice>It was not you? Then there is nothing to do: your account is unchanged, and nobody got in.</Notice>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  signInUrl: 'https://app.example.com/login',
  resetUrl: 'https://app.example.com/forgot-password',
}
