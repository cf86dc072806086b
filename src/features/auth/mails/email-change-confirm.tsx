import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  newEmail: string
  url: string
}

export const subject = (app: string) => `Confirm your new email address for ${app}`
export const preheader = 'Your old address stays in use until you do.'
export const why = 'You get this mail because somebody entered this address as the new one of their account.'

export const Body = ({ app, name, newEmail, url }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      You asked to use <strong>{newEmail}</strong> for your account at {app}. Please confirm that this address is yours.
    </Text>
    <Action href={url}>Confirm my new address</Action>
    <Text>The link works once. Until then your old address stays in use.</Text>
    <Notice>
      You did not ask for this? Then somebody mistyped their address. Ignore this mail, and nothing happens.
    </Notice>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  newEmail: 'ada@analytical.example',
  url: 'https://app.example.com/confirm-email-change?token=sample',
}
