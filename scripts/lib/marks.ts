/*
 * What lies outside a feature's folder and goes with it is marked in comments: from `<webhooks>` to `</webhooks>`, or a
 * line that ends with `<webhooks/>`. Each tag is alone in its comment, whatever a comment is in that file.
 */
const comment = (tag: string) => `(?://|#|\\{?/\\*|<!--)[ \\t]*<${tag}>[ \\t]*(?:\\*/\\}?|-->)?`

/** A text without what is marked as a feature's. */
export const cutMarked = (text: string, feature: string): string => {
  if (!text.includes(`<${feature}`)) return text
  const block = new RegExp(`${comment(feature)}[\\s\\S]*?${comment(`/${feature}`)}`, 'g')
  const lines = new RegExp(
    `^[ \\t]*${comment(feature)}[ \\t]*\\n[\\s\\S]*?^[ \\t]*${comment(`/${feature}`)}[ \\t]*\\n?`,
    'gm',
  )
  const line = new RegExp(`^.*${comment(`${feature}/`)}[ \\t|]*\\n?`, 'gm')
  return text
    .replace(line, '')
    .replace(lines, '')
    .replace(block, '')
    .replace(/\n{3,}/g, '\n\n')
}

/** A JSON text without the members of its lists that say `"feature": …` of this one: it knows no comments. */
export const cutMarkedJson = (text: string, feature: string): string => {
  if (!text.includes(`"feature": "${feature}"`)) return text
  const isOther = (one: unknown) => !(one && typeof one === 'object' && 'feature' in one && one.feature === feature)
  const cut = JSON.parse(text, (_, value) => (Array.isArray(value) ? value.filter(isOther) : value))
  return `${JSON.stringify(cut, null, 2)}\n`
}
