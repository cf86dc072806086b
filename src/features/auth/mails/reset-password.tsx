import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  url: string
  /** How long the link works. */
  minutes: number
}

export const subject = (app: string) => `Choose a new password for ${app}`
export const preheader = 'Here is the link to choose a new password.'

export const Body = ({ app, name, url, minutes }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>Somebody, probably you, asked to choose a new password for your account at {app}.</Text>
    <Action href={url}>Choose a new password</Action>
    <Text>The link works once, for {minutes} minutes. Afterwards you are signed out everywhere.</Text>
    <Notice>
      You did not ask for this? Ignore this mail: your password stays as it is. Never pass the link on to anybody, us
      included.
    </Notice>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  url: 'https://app.example.com/reset-password?token=sample',
  minutes: 15,
}
