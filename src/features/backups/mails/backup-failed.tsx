import { Action, Facts, Greeting, Notice, Text } from '#mail/parts'

interface Props {
  name: string
  backupId: string
  problem: string
  when: string
  adminUrl: string
}

export const subject = (app: string) => `A backup of ${app} failed`
export const preheader = 'The backups before it are as they were.'

export const Body = ({ app, name, backupId, problem, when, adminUrl }: Props & { app: string }) => (
  <>
    <Greeting name={name} />
    <Text>{`A backup of ${app} could not be made. It was tried several times.`}</Text>
    <Facts
      rows={[
        ['When', when],
        ['What happened', problem],
        ['Backup', backupId],
      ]}
    />
    <Notice>The backups before it are as they were. Look at the disk and the store, then make another one.</Notice>
    <Action href={adminUrl}>Open the admin page</Action>
  </>
)

export const sample: Props = {
  name: 'Ada Lovelace',
  backupId: '0193a3f0-7c1e-7c4e-9d2b-5f1e8a6b3c4d',
  problem: 'The file store does not answer. Try again in a moment.',
  when: '2026-11-22 03:30 UTC',
  adminUrl: 'https://app.example.com/admin',
}
