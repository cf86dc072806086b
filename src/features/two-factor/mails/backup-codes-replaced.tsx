import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `You have new backup codes for ${app}`
export const preheader = 'The old ones do not work any more.'

export const Body = ({ app, name, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>New backup codes were made for your account at {app}. The old ones do not work any more.</Text>
    <Facts rows={[['When', when]]} />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>It was not you? Then choose a new password right away: that signs everybody out.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
