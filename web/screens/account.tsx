import { Card, SimpleGrid, Stack, Title } from '@mantine/core'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { useSession } from '../lib/session'
import { Copyable, Facts, When } from '../parts/bits'
import { Page } from '../parts/page'
import { SecondFactor } from './account-second-factor'
import { Sessions } from './account-sessions'
import { PersonActivity } from './person-history'

const Account = () => {
  const { viewer } = useSession()
  const me = useFetched(['me'], () => api().auth.me.get())
  return (
    <Page title="Account" hint="You, and where you are signed in.">
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Stack>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              You
            </Title>
            <Facts
              facts={[
                ['Name', viewer.name],
                ['Address', me.data?.email],
                ['Role', viewer.role],
                ['Id', <Copyable key="id" text={viewer.id} />],
                ['Since', <When key="since" at={me.data?.createdAt} />],
                ['May', viewer.permissions.join(', ') || 'nothing beyond your own account'],
              ]}
            />
          </Card>
          {/* <two-factor> */}
          <SecondFactor on={me.data?.twoFactorEnabled} />
          {/* </two-factor> */}
        </Stack>
        <Stack>
          <Sessions />
          {/* <activity> */}
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              What happened around you
            </Title>
            <PersonActivity id={viewer.id} />
          </Card>
          {/* </activity> */}
        </Stack>
      </SimpleGrid>
    </Page>
  )
}
export default Account
