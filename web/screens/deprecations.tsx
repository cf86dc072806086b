import { Alert, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core'
import { useFetched } from '../lib/act'
import { api } from '../lib/api'
import { formatNumber, formatTime } from '../lib/format'
import { Link, useSearch } from '../lib/router'
import { When } from '../parts/bits'
import { Page } from '../parts/page'
import { SmallTable } from '../parts/small-table'

const Deprecations = () => {
  const { get, set } = useSearch()
  const days = get('days') || '30'
  const uses = useFetched(['deprecations', days], () => api().admin.deprecations.get({ query: { days } }))
  const ending = uses.data?.versions.filter(({ deprecatedAt, sunsetAt }) => deprecatedAt || sunsetAt) ?? []
  return (
    <Page
      title="Deprecated versions"
      hint="Who still calls what is to go, and whom to talk to before it does."
      actions={
        <SegmentedControl
          size="xs"
          value={days}
          onChange={(value) => set({ days: value })}
          data={['7', '30', '90'].map((value) => ({ value, label: `${value} days` }))}
          aria-label="How many days"
        />
      }
    >
      <Stack gap="sm">
        {!uses.data && !uses.isError && <Skeleton h={60} />}
        {ending.map(({ version, deprecatedAt, sunsetAt, successor }) => (
          <Alert key={version} color="orange" variant="light" title={`${version} is to go`}>
            <Text size="sm">
              {deprecatedAt && `Deprecated from ${formatTime(deprecatedAt)}. `}
              {sunsetAt ? `It ends ${formatTime(sunsetAt)}. ` : 'No end is set. '}
              {successor && `${successor} takes its place.`}
            </Text>
          </Alert>
        ))}
        <SmallTable
          of={uses}
          label="Who uses deprecated versions"
          head={['Who', 'Calls', 'Requests', 'Last']}
          keyOf={({ method, route, consumer }) => `${method} ${route} ${consumer.type} ${consumer.id}`}
          row={({ method, route, consumer, requests, lastAt }) => [
            <Consumer key="who" consumer={consumer} />,
            <Text key="what" size="sm" ff="monospace">
              {method} {route}
            </Text>,
            formatNumber(requests),
            <When key="last" at={lastAt} />,
          ]}
          empty={
            ending.length > 0
              ? 'Nobody has called it in this time. It may go.'
              : 'No version is deprecated. Set API_V1_DEPRECATED_AT to announce that v1 is to go; who calls it then shows up here.'
          }
        />
      </Stack>
    </Page>
  )
}
export default Deprecations

interface Consumer {
  type: 'user' | 'api-key' | 'anonymous'
  id: string | null
  userId: string | null
  name: string | null
}

const Consumer = ({ consumer: { type, userId, name } }: { consumer: Consumer }) => {
  if (!userId) return 'Without a credential'
  const who = name ?? 'Somebody who is gone'
  return (
    <Link className="plain" to={`/people?person=${userId}${type === 'api-key' ? '&tab=access' : ''}`}>
      {type === 'api-key' ? `A key of ${who}` : who}
    </Link>
  )
}
