import { Greeting, Text } from '#mail/parts'

interface Props {
  name: string
  when: string
}

export const subject = (app: string) => `Your export from ${app} failed`
export const preheader = 'Nothing was lost. Ask for it again.'

export const Body = ({ app, name, when }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>{`The export that you asked for at ${app} on ${when} could not be made, although it was tried several times.`}</Text>
    <Text>Nothing was lost. Ask for it again in a while.</Text>
  </>
)

export const sample: Props = { name: 'Ada Lovelace', when: '2026-11-22 10:00 UTC' }
