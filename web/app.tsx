import { Center, Loader } from '@mantine/core'
import { SessionProvider, useSignedChange, useViewer } from './lib/session'
import { Toasts } from './lib/toasts'
import { StepUp } from './parts/step-up'
import { Trouble } from './parts/trouble'
import { SignIn } from './screens/sign-in'
import { Shell } from './shell'

/** Whoever is signed in sees the page, everybody else the way in. */
export const App = ({ name }: { name: string }) => {
  useSignedChange()
  const viewer = useViewer()
  return (
    <>
      {viewer.isPending && (
        <Center h="100vh">
          <Loader aria-label="Loading" />
        </Center>
      )}
      {viewer.isError && (
        <Center h="100vh" p="md">
          <Trouble error={viewer.error} again={() => viewer.refetch()} />
        </Center>
      )}
      {viewer.data === null && <SignIn name={name} />}
      {viewer.data && (
        <SessionProvider viewer={viewer.data}>
          <Shell name={name} />
          <StepUp />
        </SessionProvider>
      )}
      <Toasts />
    </>
  )
}
