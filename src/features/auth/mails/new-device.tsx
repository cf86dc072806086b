import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  device: string
  ip?: string
  when: string
  resetUrl: string
}

export const subject = (app: string) => `New sign-in to ${app}`
export const preheader = 'From a device that we have not seen before.'

export const Body = ({ app, name, device, ip, when, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>Somebody signed in to your account at {app} from a device that we have not seen before.</Text>
    <Facts
      rows={[
        ['When', when],
        ['Device', device],
        ['IP address', ip],
      ]}
    />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>It was not you? Then choose a new password right away: that signs everybody out.</Notice>
    <Action href={resetUrl}>Choose a new password</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  device: 'Safari on iPhone',
  ip: '203.0.113.7',
  when: '2026-11-22 10:00 UTC',
  resetUrl: 'https://app.example.com/forgot-password',
}
