/** Colours and type of all mails. Inline, because many readers drop style sheets; dark tones come on top where they do not. */
export const FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
export const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"
export const PAPER = '#f4f4f6'
export const LINE = '#e4e4e9'
export const INK = '#1a1a22'
export const MUTED = '#63636e'
export const ACCENT = '#2f4bd8'
export const TINT = '#f1f3fd'

export const DARK = `
@media (prefers-color-scheme: dark) {
  .paper, .paper td.paper, body, body > table > tbody > tr > td { background-color: #131318 !important; }
  .card { background-color: #1d1d24 !important; border-color: #34343f !important; }
  .ink, .ink strong { color: #f2f2f6 !important; }
  .muted { color: #a4a4b2 !important; }
  .link { color: #9fb0ff !important; }
  .tint { background-color: #262a3d !important; }
}`
