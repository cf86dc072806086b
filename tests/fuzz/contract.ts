import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import type { Json, Reply } from '../support'

/** The OpenAPI document as something that replies and requests can be held against. */
export const contractOf = (document: Json) => {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateSchema: false })
  addFormats(ajv)
  ajv.addFormat('binary', true)
  ajv.addFormat('csv', true)
  ajv.addFormat('text', true)
  ajv.addSchema({ ...document, $id: 'api' })
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>()
  const at = (...pointer: string[]) => {
    const path = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
    const known = compiled.get(path) ?? ajv.compile({ $ref: `api#/${encodeURI(path)}` })
    compiled.set(path, known)
    return known
  }
  const find = (ref: string): Json =>
    ref
      .slice(2)
      .split('/')
      .reduce((value, part) => value[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)

  /** What of a reply the document does not allow. */
  const fault = (path: string, method: string, reply: Reply): string | undefined => {
    const { status, headers, text } = reply
    if (status >= 500) return `answered ${status} ${text.slice(0, 300)}`
    const documented = document.paths[path][method].responses[status]
    if (!documented) return `answered ${status}, which is not documented: ${text.slice(0, 300)}`
    if (!documented.content) return text === '' ? undefined : `${status} is documented without a body`
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
    const media = documented.content[type] ?? (documented.content['application/octet-stream'] && { binary: true })
    if (!media) return `${status} as ${type}, which is not documented`
    if (!media.schema || !type.endsWith('json')) return undefined
    const validate = at('paths', path, method, 'responses', String(status), 'content', type, 'schema')
    if (validate(reply.json())) return undefined
    return `${status} off its schema: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 300)}`
  }

  /** Whether the document allows this JSON body. */
  const allowsBody = (path: string, method: string, body: Json): boolean =>
    at(
      'paths',
      path,
      method,
      'requestBody',
      'content',
      'application/json',
      'schema',
    )(JSON.parse(JSON.stringify(body))) === true

  /** Whether the document allows this text as the `index`-th parameter. */
  const allowsParameter = (path: string, method: string, index: number, text: string | undefined): boolean => {
    if (text === undefined) return true
    const { type } = document.paths[path][method].parameters[index].schema
    const value = type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : asBoolean(type, text)
    return at('paths', path, method, 'parameters', String(index), 'schema')(value) === true
  }

  return { fault, find, allowsBody, allowsParameter }
}

const asBoolean = (type: string, text: string) =>
  type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text
