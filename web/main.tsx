import '@mantine/core/styles.css'
import '@mantine/charts/styles.css'
import 'mantine-datatable/styles.css'
import './style.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { Refused } from './lib/api'
import { readable, theme } from './theme'

const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''
const nonce = meta('style-nonce')
// Where `react-remove-scroll` looks for what lets its style element in.
Object.assign(globalThis, { __webpack_nonce__: nonce })

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The client itself repeats what may be repeated; a refusal stays one.
      retry: (count, error) => count < 1 && error instanceof Refused && error.status === 0,
    },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('The page has no root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={readable}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <App name={meta('app-name')} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
