import { Tabs } from '@mantine/core'
import { useSearch } from '../lib/router'
import { Page } from '../parts/page'
import { JobList } from './job-list'
import { Queues } from './queues'
import { Schedules } from './schedules'

const Jobs = () => {
  const { get, set } = useSearch()
  return (
    <Page title="Jobs" hint="Work in the background: what waits, what runs, what has given up. Looks again by itself.">
      <Tabs
        value={get('tab') || 'jobs'}
        onChange={(tab) => set({ tab: tab ?? undefined, page: undefined, sort: undefined })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="jobs">Jobs</Tabs.Tab>
          <Tabs.Tab value="queues">Queues</Tabs.Tab>
          <Tabs.Tab value="schedules">Schedules</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="jobs">
          <JobList />
        </Tabs.Panel>
        <Tabs.Panel value="queues">
          <Queues />
        </Tabs.Panel>
        <Tabs.Panel value="schedules">
          <Schedules />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
export default Jobs
