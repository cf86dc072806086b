import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  Skeleton,
  Stack,
  Text,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { type MouseEvent, Suspense, useEffect } from 'react'
import { useLiveUpdates } from './lib/live'
import { go, Link, usePath } from './lib/router'
import { useSession } from './lib/session'
import { AccountMenu } from './parts/account-menu'
import { Bell } from './parts/bell'
import { Boundary } from './parts/boundary'
import { Icon } from './parts/icon'
import { Impersonation } from './parts/impersonation'
import { Page } from './parts/page'
import { Palette } from './parts/palette'
import { SCREENS } from './screens'

/** The frame of every screen: where one can go, who one is, and the screen itself. */
export const Shell = ({ name }: { name: string }) => {
  const [opened, { toggle, close }] = useDisclosure()
  const { can, viewer } = useSession()
  const path = usePath()
  // A stream goes with one's own cookies: acting as somebody else there is none.
  useLiveUpdates(!viewer.impersonatorId, can('jobs:read'))
  const { toggleColorScheme } = useMantineColorScheme()
  const screens = SCREENS.filter(
    ({ feature, permission }) => (!feature || viewer.features.includes(feature)) && (!permission || can(permission)),
  )
  const groups = [...new Set(screens.map(({ group }) => group))]
  const here = screens.find((screen) => screen.path === path)
  const home = screens.find(({ permission }) => permission)?.path ?? '/account'

  // Whoever may not see the overview begins with the first screen that is open to them.
  useEffect(() => {
    if (path === '/' && home !== '/') go(home, { replace: true })
  }, [path, home])

  const follow = (to: string) => (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go(to)
    close()
  }
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Link to={home} className="brand">
              {name}
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              onClick={() => spotlight.open()}
              aria-label="Go to… (Ctrl+K)"
            >
              <Icon name="search" />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={toggleColorScheme} aria-label="Light or dark">
              <Icon name="sun" />
            </ActionIcon>
            {/* <notifications> */}
            {viewer.features.includes('notifications') && <Bell />}
            {/* </notifications> */}
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Screens">
        <Stack gap={2} style={{ overflowY: 'auto' }}>
          {groups.map((group) => (
            <div key={group}>
              <Text size="xs" c="dimmed" px="sm" pt="xs" pb={2}>
                {group}
              </Text>
              {screens
                .filter((screen) => screen.group === group)
                .map((screen) => (
                  <NavLink
                    key={screen.path}
                    href={`/admin${screen.path}`}
                    label={screen.label}
                    leftSection={<Icon name={screen.icon} />}
                    active={screen.path === path}
                    aria-current={screen.path === path ? 'page' : undefined}
                    onClick={follow(screen.path)}
                    py={6}
                    style={{ borderRadius: 8 }}
                  />
                ))}
            </div>
          ))}
        </Stack>
        <Text size="xs" c="dimmed" px="sm" mt="auto" pt="md">
          {name} {viewer.version}
        </Text>
      </AppShell.Navbar>
      <AppShell.Main>
        <Impersonation />
        <Palette screens={screens} />
        <Boundary key={path}>
          <Suspense fallback={<Waiting />}>{here ? <here.View /> : path === '/' ? <Waiting /> : <Nowhere />}</Suspense>
        </Boundary>
      </AppShell.Main>
    </AppShell>
  )
}

const Waiting = () => (
  <Stack aria-label="Loading">
    <Skeleton h={34} w={220} />
    <Skeleton h={280} />
  </Stack>
)

const Nowhere = () => (
  <Page title="Not here" hint="There is no such screen, or your role does not open it.">
    <Link to="/account" className="plain">
      Go to your account
    </Link>
  </Page>
)
