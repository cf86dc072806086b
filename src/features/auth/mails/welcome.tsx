import { Action, Greeting, Text } from '#mail/parts'

interface Props {
  name: string
  url: string
}

export const subject = (app: string) => `Welcome to ${app}`
export const preheader = 'Your account is ready.'

export const Body = ({ app, name, url }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>Your address is confirmed and your account at {app} is ready. Good to have you here!</Text>
    <Action href={url}>Open {app}</Action>
    <Text>
      A tip for a calm mind: turn on the second factor in your settings. Then a stolen password alone opens nothing.
    </Text>
  </>
)

export const sample: Props = { name: 'Ada Lovelace', url: 'https://app.example.com' }
