import { Body } from '@react-email/body'
import { Container } from '@react-email/container'
import { Head } from '@react-email/head'
import { Html } from '@react-email/html'
import { Preview } from '@react-email/preview'
import type { ReactNode } from 'react'
import { DARK, FONT, INK, LINE, MUTED, PAPER } from './look'
import type { MailCategory } from './mail'

interface LayoutProps {
  /** Name of the service. */
  app: string
  /** Where the service is at home. */
  url: string
  category: MailCategory
  preheader?: string
  why?: string
  children: ReactNode
}

const WHY: Record<MailCategory, (app: string) => string> = {
  security: (app) =>
    `You get this mail because it concerns the security of your ${app} account. It cannot be turned off.`,
  account: (app) => `You get this mail because of your account at ${app}.`,
  activity: (app) =>
    `You get this mail because something happened at ${app} that you may want to know. You can turn such mails off in your notification settings.`,
  system: (app) => `You get this mail because you look after ${app}.`,
}

/** The frame of every mail: name of the service, the words, and why the reader gets it. */
export const Layout = ({ app, url, category, preheader, why = WHY[category](app), children }: LayoutProps) => (
  <Html lang="en">
    <Head>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="supported-color-schemes" content="light dark" />
      {/* Dates, addresses and numbers are words here, not links. */}
      <meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no" />
      <style>{DARK}</style>
    </Head>
    <Body className="paper" style={{ backgroundColor: PAPER, margin: 0, padding: '32px 12px', fontFamily: FONT }}>
      {preheader ? <Preview>{preheader}</Preview> : null}
      <Container style={{ maxWidth: '520px' }}>
        <p style={{ margin: '0 0 16px', padding: '0 4px', fontSize: '17px', fontWeight: 700 }}>
          <a className="ink" href={url} style={{ color: INK, textDecoration: 'none' }}>
            {app}
          </a>
        </p>
        <div
          className="card"
          style={{
            backgroundColor: '#ffffff',
            border: `1px solid ${LINE}`,
            borderRadius: '12px',
            padding: '28px 24px 12px',
          }}
        >
          {children}
        </div>
        <p
          className="muted"
          style={{ margin: '16px 0 0', padding: '0 4px', fontSize: '13px', lineHeight: '20px', color: MUTED }}
        >
          {why}
        </p>
      </Container>
    </Body>
  </Html>
)
