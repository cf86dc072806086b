import { Component, type ReactNode } from 'react'
import { Trouble } from './trouble'

/** A screen that breaks leaves the rest standing. After a new version was put in place, its files come with a reload. */
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {}
  static getDerivedStateFromError = (error: unknown) => ({ error })
  override render() {
    if (this.state.error === undefined) return this.props.children
    return <Trouble error={this.state.error} again={() => location.reload()} />
  }
}
