/** The look of small pages, in light and dark, from 320 px up. Allowed by its hash in the page's CSP. */
export const STYLE = `
:root { --ink: #1a1a22; --muted: #63636e; --line: #d9d9e0; --paper: #f4f4f6; --card: #fff; --accent: #2f4bd8; --on-accent: #fff; --error: #b3261e; --tint: #f1f3fd }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f6; --muted: #a4a4b2; --line: #3a3a46; --paper: #131318; --card: #1d1d24; --accent: #9fb0ff; --on-accent: #131318; --error: #ffb4ab; --tint: #262a3d } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; padding: 24px 16px 48px; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
header { max-width: 440px; margin: 6vh auto 20px; font-weight: 650; letter-spacing: -.01em; text-align: center }
main { margin: 0 auto; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; overflow-wrap: anywhere }
main.narrow { max-width: 440px }
main.wide { max-width: 760px }
h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.25; letter-spacing: -.015em }
h2 { margin: 28px 0 8px; font-size: 17px }
p { margin: 0 0 16px }
p:last-child { margin-bottom: 0 }
a { color: var(--accent) }
strong { font-weight: 600 }
form { margin-top: 24px }
label { display: block; margin-bottom: 6px; font-weight: 550 }
input { display: block; width: 100%; min-height: 46px; padding: 10px 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--paper); color: inherit; font: inherit }
input[aria-invalid=true] { border-color: var(--error) }
.hint, .error { margin: 6px 0 18px; min-height: 1px; color: var(--muted); font-size: 14px }
.error { color: var(--error) }
[hidden] { display: none }
button { display: block; width: 100%; min-height: 48px; margin-top: 8px; padding: 10px 20px; border: 0; border-radius: 9px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
button:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[role=alert] { padding: 12px 14px; border-left: 3px solid var(--error); border-radius: 6px; background: var(--tint) }
.muted { color: var(--muted); font-size: 14px }
dl { margin: 24px 0 0 }
dt { padding-top: 12px; border-top: 1px solid var(--line); color: var(--muted); font-size: 14px }
dt code { margin-right: 6px; color: var(--ink); font-weight: 600 }
dd { margin: 2px 0 12px }
dt:target, dt:target + dd { background: var(--tint) }
code { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
@media (max-width: 480px) { header { margin-top: 2vh } main { padding: 24px 20px } }
`
