import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  url: string
}

export const subject = (app: string) => `Confirm your email address for ${app}`
export const preheader = 'One click and your account is ready.'
export const why = 'You get this mail because somebody entered this address when creating an account.'

export const Body = ({ app, name, url }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>Welcome to {app}! Please confirm that this email address is yours.</Text>
    <Action href={url}>Confirm my address</Action>
    <Text>The link works once, for 24 hours.</Text>
    <Notice>
      You did not create an account? Then somebody mistyped their address. Ignore this mail, and nothing happens.
    </Notice>
  </>
)

export const sample: Props = { name: 'Ada Lovelace', url: 'https://app.example.com/verify-email?token=sample' }
