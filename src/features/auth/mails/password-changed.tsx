import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
  ip?: string
  device?: string
  resetUrl: string
}

export const subject = (app: string) => `Your password for ${app} was changed`
export const preheader = 'If it was you, all is well.'

export const Body = ({ app, name, when, ip, device, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>The password of your account at {app} was just changed. Other devices have been signed out.</Text>
    <Facts
      rows={[
        ['When', when],
        ['Device', device],
        ['IP address', ip],
      ]}
    />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>It was not you? Then choose a new password right away. That signs out whoever changed it.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-11-22 10:00 UTC',
  ip: '203.0.113.7',
  device: 'Firefox on Linux',
  resetUrl: 'https://app.example.com/forgot-password',
}
