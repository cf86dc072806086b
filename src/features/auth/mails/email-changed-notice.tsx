import { Action, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  /** `a•••@analytical.example`: the old mailbox may be in other hands by now. */
  newEmailMasked: string
  /** Undoes the change. */
  url: string
  /** How long it can be undone. */
  days: number
}

export const subject = (app: string) => `Your email address for ${app} was changed`
export const preheader = 'If it was you, all is well. If not, you can undo it.'
export const why = 'You get this mail because this was the address of the account until now.'

export const Body = ({ app, name, newEmailMasked, url, days }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      The email address of your account at {app} was changed to <strong>{newEmailMasked}</strong>. Our mails go there
      from now on, and you sign in with it.
    </Text>
    <Text>If it was you, all is well and there is nothing to do.</Text>
    <Notice>
      It was not you? Undo the change within {days} days: this address becomes yours again, everybody is signed out, and
      you choose a new password.
    </Notice>
    <Action href={url}>Undo the change</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  newEmailMasked: 'a•••@analytical.example',
  url: 'https://app.example.com/revert-email-change?token=sample',
  days: 7,
}
