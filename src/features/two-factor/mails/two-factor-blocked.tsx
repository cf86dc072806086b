import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `Somebody may know your password for ${app}`
export const preheader = 'Ten wrong codes were entered after the right password.'

export const Body = ({ app, name, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Somebody gave the right password of your account at {app} and then ten wrong codes of your second factor. They did
      not get in, and no code is taken for 15 minutes.
    </Text>
    <Facts rows={[['When', when]]} />
    <Text>If it was you, wait a little and check the clock of your phone.</Text>
    <Notice>It was not you? Then somebody knows your password. Choose a new one right away.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
