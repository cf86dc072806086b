import { ActionIcon, Menu, Text } from '@mantine/core'
import { go } from '../lib/router'
import { leave, useSession } from '../lib/session'
import { complain } from '../lib/toasts'
import { Icon } from './icon'

/** Who is signed in, and the way out. */
export const AccountMenu = () => {
  const { viewer } = useSession()
  const signOut = async () => {
    try {
      await leave()
      go(viewer.impersonatorId ? '/people' : '/')
    } catch (error) {
      complain(error)
    }
  }
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" radius="xl" aria-label={`Account of ${viewer.name}`}>
          <Icon name="account" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {viewer.name}
          </Text>
          {viewer.role}
        </Menu.Label>
        <Menu.Item onClick={() => go('/account')}>Account</Menu.Item>
        <Menu.Item onClick={signOut}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
