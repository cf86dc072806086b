import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  url: string
  expires: string
}

export const subject = (app: string) => `Your export from ${app} is ready`
export const preheader = 'Download it before the link expires.'

export const Body = ({ app, name, url, expires }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>{`The export that you asked for at ${app} is ready.`}</Text>
    <Action href={url}>Download it</Action>
    <Notice>{`The link works until ${expires}. Whoever has it can read the file: do not pass it on.`}</Notice>
  </>
)

export const sample: Props = { name: 'Ada Lovelace', url: '', expires: '2026-11-24 10:00 UTC' }
