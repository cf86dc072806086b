import { render as toHtml, toPlainText } from '@react-email/render'
import type { Context } from '#core'
import { Layout } from './layout'
import type { Letter, MailCategory } from './mail'

/** The whole mail as HTML and as text. Imported lazily: it brings React. */
export const render = async ({ config }: Pick<Context, 'config'>, letter: Letter, category: MailCategory) => {
  const { body, preheader, why } = letter
  const markup = await toHtml(
    Layout({ app: config.appName, url: config.appUrl, category, preheader, why, children: body }),
  )
  // Marks that only a browser running React would need.
  const html = markup.replace(/<!--(?: |\/?\$|html|head|body)?-->/g, '')
  return { html, text: textOf(html) }
}

const textOf = (html: string) =>
  toPlainText(html, { formatters: { action }, selectors: [{ selector: 'a.action', format: 'action' }] })
    // Some readers guess that text is HTML: what somebody called themselves must not become a tag.
    .replaceAll('<', '‹')
    .replaceAll('>', '›')

// What html-to-text hands to a formatter; the package has no types of its own.
interface Builder {
  addInline: (text: string) => void
}
interface Anchor {
  attribs: { href?: string }
  children: unknown
}

/** A button in text: `Choose a new password: https://…`. */
const action = ({ attribs, children }: Anchor, walk: (nodes: unknown, builder: Builder) => void, builder: Builder) => {
  walk(children, builder)
  builder.addInline(`: ${attribs.href}`)
}
