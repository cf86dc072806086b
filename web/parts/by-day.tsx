import { AreaChart } from '@mantine/charts'

interface Day {
  date: string
  count: number
}

const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' })

/** Two lines over time, and a table of the same for those who do not see them. */
const ByDay = ({ signUps, signIns }: { signUps: readonly Day[]; signIns: readonly Day[] }) => {
  const data = signUps.map(({ date, count }, at) => ({
    date: short.format(new Date(date)),
    'Sign-ups': count,
    'Sign-ins': signIns[at]?.count ?? 0,
  }))
  const sum = (days: readonly Day[]) => days.reduce((total, { count }) => total + count, 0)
  return (
    <figure
      style={{ margin: 0 }}
      aria-label={`${sum(signUps)} sign-ups and ${sum(signIns)} sign-ins in ${data.length} days`}
    >
      <AreaChart
        h={240}
        data={data}
        dataKey="date"
        series={[
          { name: 'Sign-ins', color: 'harbour.5' },
          { name: 'Sign-ups', color: 'teal.6' },
        ]}
        curveType="monotone"
        withLegend
        yAxisProps={{ allowDecimals: false }}
        withDots={false}
        areaChartProps={{ accessibilityLayer: false }}
      />
    </figure>
  )
}
export default ByDay
