import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { IconName } from '../parts/icon'

interface Screen {
  path: string
  label: string
  group: 'Now' | 'People' | 'What happened' | 'Machinery' | 'You'
  icon: IconName
  /** Who may see it; everybody who is signed in, unless told. */
  permission?: string
  /** The feature that it is about; without it there is no such screen. */
  feature?: string
  /** Fetched when somebody goes there. */
  View: LazyExoticComponent<ComponentType>
}

/** Every screen there is. A new one is a file beside this one and an entry here, in marks of its feature. */
export const SCREENS: readonly Screen[] = [
  // <admin>
  {
    path: '/',
    label: 'Overview',
    group: 'Now',
    icon: 'overview',
    permission: 'stats:read',
    View: lazy(() => import('./overview')),
  },
  // </admin>
  // <admin>
  {
    path: '/people',
    label: 'People',
    group: 'People',
    icon: 'people',
    permission: 'users:read',
    View: lazy(() => import('./people')),
  },
  // </admin>
  // <admin>
  {
    path: '/roles',
    label: 'Roles',
    group: 'People',
    icon: 'roles',
    permission: 'roles:read',
    View: lazy(() => import('./roles')),
  },
  // </admin>
  // <audit>
  {
    path: '/audit',
    feature: 'audit',
    label: 'Audit log',
    group: 'What happened',
    icon: 'audit',
    permission: 'audit:read',
    View: lazy(() => import('./audit')),
  },
  // </audit>
  // <admin>
  {
    path: '/mails',
    label: 'Mails',
    group: 'What happened',
    icon: 'mails',
    permission: 'emails:read',
    View: lazy(() => import('./mails')),
  },
  // </admin>
  // <files>
  {
    path: '/files',
    feature: 'files',
    label: 'Files',
    group: 'What happened',
    icon: 'files',
    permission: 'files:read',
    View: lazy(() => import('./files')),
  },
  // </files>
  // <exports>
  {
    path: '/exports',
    feature: 'exports',
    label: 'Exports',
    group: 'What happened',
    icon: 'exports',
    View: lazy(() => import('./exports')),
  },
  // </exports>
  // <jobs>
  {
    path: '/jobs',
    feature: 'jobs',
    label: 'Jobs',
    group: 'Machinery',
    icon: 'jobs',
    permission: 'jobs:read',
    View: lazy(() => import('./jobs')),
  },
  // </jobs>
  // <webhooks>
  {
    path: '/webhooks',
    feature: 'webhooks',
    label: 'Webhooks',
    group: 'Machinery',
    icon: 'webhooks',
    View: lazy(() => import('./webhooks')),
  },
  // </webhooks>
  // <backups>
  {
    path: '/backups',
    feature: 'backups',
    label: 'Backups',
    group: 'Machinery',
    icon: 'backups',
    permission: 'backups:manage',
    View: lazy(() => import('./backups')),
  },
  // </backups>
  // <admin>
  {
    path: '/deprecations',
    label: 'Deprecations',
    group: 'Machinery',
    icon: 'deprecations',
    permission: 'system:read',
    View: lazy(() => import('./deprecations')),
  },
  // </admin>
  // <admin>
  {
    path: '/limits',
    label: 'Rate limits',
    group: 'Machinery',
    icon: 'limits',
    permission: 'settings:manage',
    View: lazy(() => import('./limits')),
  },
  // </admin>
  // <api-keys>
  {
    path: '/keys',
    feature: 'api-keys',
    label: 'API keys',
    group: 'You',
    icon: 'keys',
    View: lazy(() => import('./keys')),
  },
  // </api-keys>
  { path: '/account', label: 'Account', group: 'You', icon: 'account', View: lazy(() => import('./account')) },
]
