/** Looks like the mails; follows the system between light and dark. */
export const STYLE = `
:root { --ink: #1a1a22; --muted: #63636e; --line: #e4e4e9; --paper: #f4f4f6; --card: #fff; --accent: #2f4bd8; --tint: #f1f3fd }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f6; --muted: #a4a4b2; --line: #34343f; --paper: #131318; --card: #1d1d24; --accent: #9fb0ff; --tint: #262a3d } }
* { box-sizing: border-box }
body { margin: 0; display: flex; flex-direction: column; height: 100vh; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
a { color: var(--accent) }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; padding: 12px 20px; border-bottom: 1px solid var(--line) }
header > a { color: var(--ink); text-decoration: none }
header span, .meta, time { color: var(--muted); font-size: 13px }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(240px, 340px) 1fr }
nav { overflow: auto; border-right: 1px solid var(--line) }
ol { list-style: none; margin: 0; padding: 8px }
li + li { margin-top: 4px }
li a { display: flex; flex-direction: column; padding: 10px 12px; border-radius: 8px; color: var(--ink); text-decoration: none; overflow-wrap: anywhere }
li a:hover { background: var(--tint) }
li a[aria-current=true] { background: var(--card); box-shadow: 0 0 0 1px var(--line) }
section { overflow: auto; padding: 20px; display: flex; flex-direction: column }
h1 { margin: 0; font-size: 20px; overflow-wrap: anywhere }
.meta { margin: 4px 0 16px; overflow-wrap: anywhere }
iframe { flex: none; width: 100%; height: 640px; border: 1px solid var(--line); border-radius: 10px; background: var(--card) }
summary { margin: 16px 0 8px; cursor: pointer; color: var(--muted) }
pre { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.6 ui-monospace, monospace }
.empty { align-items: center; justify-content: center; color: var(--muted) }
@media (max-width: 720px) { body { height: auto } main { display: block } nav { max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line) } }
`
