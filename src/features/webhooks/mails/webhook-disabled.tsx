import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  host: string
  webhookId: string
  /** The receiver answered 410; otherwise nothing has arrived for five days. */
  gone: boolean
  when: string
  docsUrl: string
}

export const subject = (app: string) => `One of your webhooks at ${app} was turned off`
export const preheader = 'Its receiver does not take our events any more.'

export const Body = ({ app, name, host, webhookId, gone, when, docsUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>
      {gone
        ? `The receiver of one of your webhooks at ${app} answered that it wants no more events (410), so we turned the webhook off.`
        : `For five days, the receiver of one of your webhooks at ${app} has taken none of our events, so we turned the webhook off.`}
    </Text>
    <Facts
      rows={[
        ['When', when],
        ['Receiver', host],
        ['Webhook', webhookId],
      ]}
    />
    <Notice>
      Nothing is lost for 14 days: once the receiver is well again, turn the webhook on, and recover what it has missed.
    </Notice>
    <Action href={docsUrl}>Open the documentation</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  host: 'hooks.example.com',
  webhookId: '0193a3f0-7c1e-7c4e-9d2b-5f1e8a6b3c4d',
  gone: false,
  when: '2026-11-22 10:00 UTC',
  docsUrl: 'https://app.example.com/swagger',
}
