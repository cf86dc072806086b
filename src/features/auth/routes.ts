import { t } from 'elysia'
import type { App } from '#core'
import { UserModel, userFailures, view } from '#features/users'
import { router } from '#http'
import { changeEmail, confirmEmailChange, revertEmailChange } from './email-change'
import { failures } from './failures'
import { makeFirstAdmin } from './first-admin'
import * as model from './models'
import { changePassword, forgotPassword, resetPassword } from './password'
import { stepUp } from './prove'
import { register } from './register'
import { resendVerification, verifyEmail } from './verify-email'

const accepted = (message: string) => ({ message })

/** Accounts: from the first form to the last change of address. Sessions are in `session-routes.ts`. */
export const accountRoutes = (app: App) =>
  router(app, '/auth')
    .post(
      '/register',
      async ({ ctx, body, status }) =>
        status(202, await register(ctx, body).then(() => accepted('Check your inbox to go on.'))),
      {
        public: true,
        tier: 'register',
        summary: 'Register; a taken address answers the same',
        body: model.Register,
        response: { 202: model.Accepted },
        fails: [failures.WEAK_PASSWORD],
      },
    )
    .post('/verify-email', async ({ ctx, body }) => view(await verifyEmail(ctx, body.token)), {
      public: true,
      tier: 'token',
      summary: 'Verify an address with the token from the mail',
      body: model.WithToken,
      response: { 200: UserModel },
      fails: [failures.INVALID_TOKEN],
    })
    .post(
      '/resend-verification',
      async ({ ctx, body, status }) =>
        status(
          202,
          await resendVerification(ctx, body.email).then(() =>
            accepted('If the address needs it, a new link is on its way.'),
          ),
        ),
      {
        public: true,
        tier: 'mail',
        summary: 'Mail a new verification link',
        body: model.WithEmail,
        response: { 202: model.Accepted },
      },
    )
    .post(
      '/forgot-password',
      async ({ ctx, body, status }) =>
        status(
          202,
          await forgotPassword(ctx, body.email).then(() => accepted('If there is an account, a link is on its way.')),
        ),
      {
        public: true,
        tier: 'mail',
        summary: 'Mail a password reset link',
        body: model.WithEmail,
        response: { 202: model.Accepted },
      },
    )
    .post('/reset-password', async ({ ctx, body, status }) => status(204, await resetPassword(ctx, body)), {
      public: true,
      tier: 'token',
      summary: 'Set a new password with the token from the mail; all sessions end',
      body: model.ResetPassword,
      response: { 204: t.Void() },
      fails: [failures.INVALID_TOKEN, failures.WEAK_PASSWORD],
    })
    .post('/change-password', async ({ ctx, body, status }) => status(204, await changePassword(ctx, body)), {
      auth: 'session',
      tier: 'password',
      summary: 'Change my password; other sessions end',
      body: model.ChangePassword,
      response: { 204: t.Void() },
      fails: [failures.INVALID_CREDENTIALS, failures.WEAK_PASSWORD, failures.RATE_LIMITED],
    })
    .post(
      '/change-email',
      async ({ ctx, body, status }) =>
        status(
          202,
          await changeEmail(ctx, body).then(() =>
            accepted('Confirm the change with the link that goes to the new address.'),
          ),
        ),
      {
        auth: 'session',
        tier: 'password',
        summary: 'Ask for another address; a taken one answers the same',
        body: model.ChangeEmail,
        response: { 202: model.Accepted },
        fails: [failures.INVALID_CREDENTIALS, failures.RATE_LIMITED],
      },
    )
    .post('/confirm-email-change', async ({ ctx, body }) => view(await confirmEmailChange(ctx, body.token)), {
      public: true,
      tier: 'token',
      summary: 'Confirm the new address with the token from the mail',
      body: model.WithToken,
      response: { 200: UserModel },
      fails: [failures.INVALID_TOKEN],
    })
    .post('/revert-email-change', async ({ ctx, body }) => view(await revertEmailChange(ctx, body.token)), {
      public: true,
      tier: 'token',
      summary: 'Take back a change of address; all sessions end',
      body: model.WithToken,
      response: { 200: UserModel },
      fails: [failures.INVALID_TOKEN],
    })
    .post('/step-up', async ({ ctx, body, status }) => status(204, await stepUp(ctx, body.password, body.code)), {
      auth: 'session',
      tier: 'password',
      summary: 'Prove my password again to open the dangerous routes for 15 minutes',
      body: model.StepUp,
      response: { 204: t.Void() },
      fails: [failures.INVALID_CREDENTIALS, failures.RATE_LIMITED],
    })

/** The one-time link's other end. */
export const setupRoutes = (app: App) =>
  router(app, '/admin').post(
    '/setup',
    async ({ ctx, body, status }) => status(201, view(await makeFirstAdmin(ctx, body))),
    {
      public: true,
      tier: 'token',
      summary: 'Make the first admin with the token printed at start',
      body: model.FirstAdmin,
      response: { 201: UserModel },
      fails: [failures.INVALID_TOKEN, failures.SETUP_CLOSED, failures.WEAK_PASSWORD, userFailures.EMAIL_TAKEN],
    },
  )
