/** Who acts. `anonymous` is a stranger on a public route; `system` is a job, a schedule or a script. */
export type Actor = UserActor | ApiKeyActor | ImpersonatorActor | SystemActor | AnonymousActor

/** What every signed-in actor carries, current at the time of the request. */
interface Person {
  userId: string
  name: string
  role: string
  permissions: ReadonlySet<string>
  emailVerified: boolean
}

export interface UserActor extends Person {
  type: 'user'
  sessionId: string
  /** When this session last proved its password or second factor. */
  provedAt: Date
}

export interface ApiKeyActor extends Person {
  type: 'api-key'
  apiKeyId: string
}

/** An admin acting as somebody else: `userId` is the person, `adminId` the admin. */
export interface ImpersonatorActor extends Person {
  type: 'impersonator'
  sessionId: string
  adminId: string
}

export interface SystemActor {
  type: 'system'
  name: string
}

export interface AnonymousActor {
  type: 'anonymous'
}

export type SignedActor = UserActor | ApiKeyActor | ImpersonatorActor

export const anonymous: AnonymousActor = { type: 'anonymous' }

/** True if the permissions hold `permission`, by name, by `resource:*` or by `*`. */
export const holds = (permissions: ReadonlySet<string>, permission: string) =>
  permissions.has(permission) || permissions.has('*') || permissions.has(`${permission.split(':')[0]}:*`)

/** Who acted, as the journal keeps it. */
export const actorId = (actor: Actor): string | null => {
  switch (actor.type) {
    case 'user':
    case 'impersonator':
      return actor.userId
    case 'api-key':
      return actor.userId
    case 'system':
      return actor.name
    case 'anonymous':
      return null
  }
}
