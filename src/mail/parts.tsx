import { Button } from '@react-email/button'
import { Fragment, type ReactNode } from 'react'
import { ACCENT, INK, MONO, MUTED, TINT } from './look'

/** The building blocks of the bodies: import them as '#mail/parts' in template files, which are loaded lazily. */

const paragraph = { margin: '0 0 16px', fontSize: '16px', lineHeight: '25px', color: INK } as const

export const Text = ({ children }: { children: ReactNode }) => (
  <p className="ink" style={paragraph}>
    {children}
  </p>
)

/** `Hello Ada,` without what would make a name a message of its own: see `asWords`. */
export const Greeting = ({ name }: { name: string }) => {
  const words = asWords(name)
  return <Text>{words ? `Hello ${words},` : 'Hello,'}</Text>
}

/** The one thing to do, as a button and as an address to copy. */
export const Action = ({ href, children }: { href: string; children: ReactNode }) => (
  <>
    <p style={{ margin: '24px 0 16px' }}>
      <Button
        className="action"
        href={href}
        style={{
          backgroundColor: ACCENT,
          borderRadius: '8px',
          color: '#ffffff',
          fontSize: '16px',
          fontWeight: 600,
          padding: '12px 22px',
          textDecoration: 'none',
        }}
      >
        {children}
      </Button>
    </p>
    <p
      className="muted"
      data-skip-in-text="true"
      style={{ margin: '0 0 24px', fontSize: '13px', lineHeight: '20px', color: MUTED }}
    >
      If the button does not work, open this link:
      <br />
      <a className="link" href={href} style={{ color: ACCENT, wordBreak: 'break-all' }}>
        {href}
      </a>
    </p>
  </>
)

/** A code to type in. */
export const Code = ({ children }: { children: string }) => (
  <p
    className="tint ink"
    style={{
      ...paragraph,
      backgroundColor: TINT,
      borderRadius: '8px',
      padding: '14px 18px',
      fontFamily: MONO,
      fontSize: '24px',
      letterSpacing: '3px',
      textAlign: 'center',
    }}
  >
    {children}
  </p>
)

/** Set apart: what to do if it was not you. */
export const Notice = ({ children }: { children: ReactNode }) => (
  <p
    className="tint ink"
    style={{
      ...paragraph,
      backgroundColor: TINT,
      borderRadius: '8px',
      padding: '14px 18px',
      fontSize: '15px',
      lineHeight: '23px',
    }}
  >
    {children}
  </p>
)

export const Link = ({ href, children }: { href: string; children: ReactNode }) => (
  <a className="link" href={href} style={{ color: ACCENT }}>
    {children}
  </a>
)

/** What is known about an event, one line each; what is not known is left out. */
export const Facts = ({ rows }: { rows: readonly (readonly [label: string, value: string | undefined])[] }) => (
  <p className="ink" style={paragraph}>
    {rows
      .filter(([, value]) => value)
      .map(([label, value = ''], index) => (
        <Fragment key={label}>
          {index > 0 ? <br /> : null}
          <span className="muted" style={{ color: MUTED }}>
            {label}:
          </span>{' '}
          {asWords(value)}
        </Fragment>
      ))}
  </p>
)

/** Characters that are kept of what somebody typed. */
const WORDS_MAX = 80

/**
 * What a stranger may have typed, fit for a mail to somebody else: one line, not long, no characters that
 * turn the text around, and no address that a mail reader would make a link of (ASVS 1.3.7). React escapes the rest.
 */
export const asWords = (text: string) =>
  [...text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()]
    .slice(0, WORDS_MAX)
    .join('')
    // A zero-width space breaks the link and leaves the look.
    .replaceAll('://', ':\u200b//')
    .replace(/[.@](?=\p{L})/gu, '$&\u200b')
