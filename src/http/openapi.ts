import { type AnyElysia, Elysia } from 'elysia'
import type { App } from '#core'
export const openapi = (_app: App, _router: AnyElysia) => new Elysia()
