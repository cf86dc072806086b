/** Pictures: decoded and made anew before they are stored, so they may be shown in a page. */
export const IMAGE_TYPES = {
  'image/jpeg': ['jpg', 'jpeg'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
} as const

/** Types with a signature of their own: stored as they are, only ever downloaded. */
const BINARY_TYPES: Readonly<Record<string, readonly string[]>> = {
  'application/pdf': ['pdf'],
  'application/zip': ['zip'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['docx'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['xlsx'],
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': ['pptx'],
  'application/vnd.oasis.opendocument.text': ['odt'],
  'application/vnd.oasis.opendocument.spreadsheet': ['ods'],
  'audio/mpeg': ['mp3'],
  'audio/x-m4a': ['m4a'],
  'audio/wav': ['wav'],
  'audio/ogg': ['ogg', 'oga'],
  'video/mp4': ['mp4'],
  'video/quicktime': ['mov'],
  'video/webm': ['webm'],
}

/** Text has no signature: the name says which, and the content has to be text that no browser takes for a page. */
const TEXT_TYPES: Readonly<Record<string, readonly string[]>> = {
  'text/plain': ['txt', 'md', 'log'],
  'text/csv': ['csv'],
  'application/json': ['json'],
}

/** Everything that is taken, with the endings that fit. What is not in here is refused (ASVS 5.2.2). */
export const ALLOWED_TYPES: Readonly<Record<string, readonly string[]>> = {
  ...IMAGE_TYPES,
  ...BINARY_TYPES,
  ...TEXT_TYPES,
}

/** Bytes from the beginning that the type is told from. */
export const HEAD_BYTES = 64 * 1024

export type ImageType = keyof typeof IMAGE_TYPES
export const isImageType = (type: string): type is ImageType => Object.hasOwn(IMAGE_TYPES, type)

/** What this content is, from its first bytes; the name only tells one kind of text from another. Nothing if it is not taken. */
export const typeOf = async (head: Uint8Array, name: string): Promise<string | undefined> => {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(head.subarray(0, HEAD_BYTES)).catch(() => undefined)
  if (found) return Object.hasOwn(ALLOWED_TYPES, found.mime) ? found.mime : undefined
  if (!isText(head.subarray(0, HEAD_BYTES))) return undefined
  const ending = endingOf(name)
  return Object.keys(TEXT_TYPES).find((type) => TEXT_TYPES[type]?.includes(ending))
}

/** UTF-8 without control characters that does not begin like markup. */
const isText = (bytes: Uint8Array) => {
  const text = decode(bytes)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it
  return text !== undefined && !/[\u0000-\u0008\u000e-\u001f]/.test(text) && !/^\s*</.test(text)
}

const decode = (bytes: Uint8Array) => {
  try {
    // The head may end in the middle of a character.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}

const endingOf = (name: string) => /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''

const MAX_NAME = 200

/**
 * The name to show and to download by: the last part of a path, one line, no control or direction characters, and an
 * ending that fits the content. It never becomes part of a key.
 */
export const safeName = (sent: string, type: string): string => {
  const [first = 'bin', ...others] = ALLOWED_TYPES[type] ?? []
  const base = sent.slice(-4096).toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const line = base
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  const ending = endingOf(line)
  const fits = ending === first || others.includes(ending)
  const stem = fits ? line.slice(0, -ending.length - 1) : line
  return `${[...stem].slice(0, MAX_NAME).join('').trim() || 'file'}.${fits ? ending : first}`
}
