import { BarChart, LineChart } from '@mantine/charts'
import { SimpleGrid, Text } from '@mantine/core'

export interface Minute {
  at: string
  requests: number
  refused: number
  failed: number
  p50: number | null
  p95: number | null
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const QUIET = { accessibilityLayer: false }

/** Requests by the minute and how long they took; what is said of them in numbers stands beside. */
const TrafficCharts = ({ traffic }: { traffic: readonly Minute[] }) => {
  const data = traffic.map(({ at, requests, refused, failed, p50, p95 }) => ({
    at: clock.format(new Date(at)),
    Answered: requests - refused - failed,
    'Refused (4xx)': refused,
    'Failed (5xx)': failed,
    Median: p50,
    '95th percentile': p95,
  }))
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} aria-hidden>
      <div>
        <Text size="xs" c="dimmed" mb={4}>
          Requests a minute
        </Text>
        <BarChart
          h={170}
          data={data}
          dataKey="at"
          type="stacked"
          series={[
            { name: 'Answered', color: 'harbour.5' },
            { name: 'Refused (4xx)', color: 'yellow.6' },
            { name: 'Failed (5xx)', color: 'red.7' },
          ]}
          yAxisProps={{ allowDecimals: false, width: 40 }}
          barChartProps={QUIET}
        />
      </div>
      <div>
        <Text size="xs" c="dimmed" mb={4}>
          Milliseconds
        </Text>
        <LineChart
          h={170}
          data={data}
          dataKey="at"
          series={[
            { name: 'Median', color: 'harbour.5' },
            { name: '95th percentile', color: 'grape.5' },
          ]}
          withDots={false}
          curveType="monotone"
          connectNulls
          yAxisProps={{ width: 40 }}
          lineChartProps={QUIET}
        />
      </div>
    </SimpleGrid>
  )
}
export default TrafficCharts
