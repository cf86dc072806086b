import { Action, Greeting, Link, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  left: number
  url: string
  resetUrl: string
}

export const subject = (app: string) => `Few backup codes are left for ${app}`
export const preheader = 'Make new ones while you can.'

export const Body = ({ app, name, left, url, resetUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      One of your backup codes was just used at {app}. {left === 0 ? 'It was the last one.' : `${left} left.`}
    </Text>
    <Text>Make new ones while your authenticator app is at hand: without either of them you cannot sign in.</Text>
    <Action href={url}>Make new backup codes</Action>
    <Notice>
      It was not you? Then somebody has your password and your codes. <Link href={resetUrl}>Choose a new password</Link>{' '}
      right away, and make new codes.
    </Notice>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  left: 2,
  url: 'https://app.example.com/',
  resetUrl: 'https://app.example.com/forgot-password',
}
