import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** The blue of the small pages (`/verify-email` and the like), from light to dark. */
const harbour: MantineColorsTuple = [
  '#eef1ff',
  '#dbe1fd',
  '#b5c0f8',
  '#8c9df3',
  '#6a80ee',
  '#5069e9',
  '#3f57e0',
  '#2f4bd8',
  '#253db5',
  '#1b2f92',
]

export const theme = createTheme({
  primaryColor: 'harbour',
  primaryShade: { light: 7, dark: 6 },
  colors: { harbour },
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  components: {
    Modal: { styles: { title: { fontWeight: 650 } } },
    Drawer: { styles: { title: { fontWeight: 650 } } },
  },
})

/** Where Mantine's own greys and links are too faint to be read by all (WCAG 2.2, 1.4.3). */
export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5a6069', '--mantine-color-placeholder': '#666c75' },
  dark: {
    '--mantine-color-dimmed': '#adadb8',
    '--mantine-color-placeholder': '#a0a0ab',
    '--mantine-color-anchor': '#a3b1f7',
  },
})
