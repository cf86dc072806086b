import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  /** When everything is erased. */
  when: string
  restoreUrl: string
}

export const subject = (app: string) => `Your account at ${app} will be deleted`
export const preheader = 'You can still change your mind.'

export const Body = ({ app, name, when, restoreUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      As you asked, we will delete your account at {app} and everything in it on <strong>{when}</strong>. After that it
      cannot be brought back.
    </Text>
    <Text>Changed your mind? Sign in before then and restore it:</Text>
    <Action href={restoreUrl}>Keep my account</Action>
    <Notice>You did not ask for this? Keep your account as above, and then choose a new password.</Notice>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  when: '2026-12-06 10:00 UTC',
  restoreUrl: 'https://app.example.com/account',
}
