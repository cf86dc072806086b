import { Greeting, Text } from '#mail/parts'

interface Props {
  name: string
}

export const subject = (app: string) => `Your account at ${app} has been deleted`
export const preheader = 'This is the last mail you get from us.'
export const why = 'You get this mail, the last one, because this was the address of the account.'

export const Body = ({ app, name }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      Your account at {app} and everything in it have been deleted, as announced. Nothing of it can be brought back.
    </Text>
    <Text>Thank you for having been with us. You are always welcome to start anew.</Text>
  </>
)

export const sample: Props = { name: 'Ada Lovelace' }
