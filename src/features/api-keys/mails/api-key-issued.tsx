import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  keyName: string
  when: string
  url: string
}

export const subject = (app: string) => `A new API key for ${app}`
export const preheader = 'It acts in your name.'

export const Body = ({ app, name, keyName, when, url }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>An API key of your account at {app} was given a new secret. Whoever has it acts in your name.</Text>
    <Facts
      rows={[
        ['Key', keyName],
        ['When', when],
      ]}
    />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>It was not you? Then revoke the key, sign out everywhere and choose a new password.</Notice>
    <Action href={url}>Look at my API keys</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  keyName: 'Nightly import',
  when: '2026-11-22 10:00 UTC',
  url: 'https://app.example.com/',
}
