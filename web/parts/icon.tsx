/** Outlines on a grid of 24, drawn by hand: a page of icons is not worth a dependency. */
const PATHS = {
  overview: 'M4 20V10M10 20V4M16 20v-8M21 20H3',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2.2.8 3.5 2.8 3.5 5.5',
  roles: 'M12 3l7.5 3v5.5c0 4.6-3.1 8-7.5 9.5-4.400-1.500-7.500-4.900-7.500-9.500V6L12 3ZM9 12l2.200 2.200L15.500 10',
  audit: 'M6 3h9l4 4v14H6V3ZM14.500 3v4.500H19M9 12h7M9 16h5',
  mails: 'M3 5.500h18v13H3v-13ZM3.500 6.500 12 13l8.500-6.500',
  files: 'M3 6.500h6.500l2 2.500H21v10H3V6.500Z',
  jobs: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM12 7.500V12l3 2',
  webhooks: 'M8 8.500 4.500 12 8 15.500M16 8.500l3.500 3.500-3.500 3.500M13.500 5.500l-3 13',
  deprecations: 'M12 4 2.500 20h19L12 4ZM12 10v4.500M12 17.300v.2',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5',
  columns: 'M3.500 5h17v14h-17V5ZM9.200 5v14M14.800 5v14',
  limits: 'M4 17a8.500 8.500 0 1 1 16 0M12 16l4-5.500',
  keys: 'M8 19a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM11.500 11.500 20 3M17 6l3 3',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20.500c.6-4 3.600-6 7.500-6s6.900 2 7.500 6',
  bell: 'M6 17V11a6 6 0 1 1 12 0v6l1.500 1.500h-15L6 17ZM10 21h4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300 19 19M19 5l-1.700 1.700M6.700 17.300 5 19',
  exports: 'M12 3.500V14M7.500 10l4.500 4.500 4.500-4.500M4 19.500h16',
  backups:
    'M4 7c0-1.900 3.600-3.500 8-3.500S20 5.100 20 7s-3.600 3.500-8 3.500S4 8.900 4 7ZM4 7v10c0 1.900 3.600 3.500 8 3.500s8-1.600 8-3.500V7M4 12c0 1.900 3.600 3.500 8 3.500s8-1.600 8-3.500',
} as const

export type IconName = keyof typeof PATHS

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.7"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <path d={PATHS[name]} />
  </svg>
)
