import { Action, Greeting, Text } from '#mail/parts'

interface Props {
  name: string
  titles: string[]
  url: string
  stopUrl: string
}

export const subject = (app: string) => `News from ${app}`
export const preheader = 'What happened since you were here.'

export const Body = ({ app, name, titles, url, stopUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>This happened since you were here:</Text>
    {titles.map((title, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a mail is rendered once and never changes
      <Text key={at}>• {title}</Text>
    ))}
    <Action href={url}>Open {app}</Action>
    <Text>No more mails like this: {stopUrl}</Text>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  titles: ['Your export is ready'],
  url: 'https://app.example.com',
  stopUrl: 'https://app.example.com/unsubscribe?token=sample',
}
