import { Action, Facts, Greeting, Link, moment, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  device: string
  ip?: string
  when: Date
  sessionsUrl: string
  resetUrl: string
}

export const subject = (app: string) => `New sign-in to ${app}`
export const preheader = 'From a device that we have not seen before.'

export const Body = ({ app, name, device, ip, when, sessionsUrl, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>Somebody signed in to your account at {app} from a device that we have not seen before.</Text>
    <Facts
      rows={[
        ['When', moment(when)],
        ['Device', device],
        ['IP address', ip],
      ]}
    />
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>
      It was not you? <Link href={resetUrl}>Choose a new password</Link>: that signs everybody out. Then look whether
      you know the devices that are signed in.
    </Notice>
    <Action href={sessionsUrl}>See my devices</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  device: 'Safari on iPhone',
  ip: '203.0.113.7',
  when: new Date('2026-11-22T10:00:00Z'),
  sessionsUrl: 'https://app.example.com/sessions',
  resetUrl: 'https://app.example.com/forgot-password',
}
