import { expect, test } from 'bun:test'
import { cspHeader, escapeHtml, html, page, trusted } from './html'

// bar 8
test('what people wrote stays text', () => {
  const name = '<script>alert(1)</script> & "x" \'y\''
  expect(html`<b title="${name}">${name}</b>`.markup).toBe(
    '<b title="&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#39;y&#39;">&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#39;y&#39;</b>',
  )
  expect(escapeHtml('a<b')).toBe('a&lt;b')
})

test('templates nest, lists join, nothing is nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`)
  expect(html`<ul>${items}</ul>${null}${undefined}${false}${0}`.markup).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>0')
  expect(html`${trusted('<hr>')}`.markup).toBe('<hr>')
})

test('a page is a whole document that nobody stores', async () => {
  const response = page(html`<title>x</title>`, { status: 404 })
  expect(response.status).toBe(404)
  expect(await response.text()).toBe('<!doctype html>\n<title>x</title>')
  expect(response.headers.get('cache-control')).toBe('private, no-store')
})

test('a policy starts from nothing and can be loosened by name', () => {
  expect(cspHeader({ 'img-src': ["'self'", 'data:'], 'frame-ancestors': ["'self'"] })).toBe(
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; img-src 'self' data:",
  )
})
