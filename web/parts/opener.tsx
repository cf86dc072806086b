import { UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'

/** What opens a row, for the keyboard as well: the row itself only takes the mouse. */
export const Opener = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <UnstyledButton
    className="plain"
    fz="sm"
    onClick={(event) => {
      event.stopPropagation()
      onClick()
    }}
  >
    {children}
  </UnstyledButton>
)
