/** A value as text for another process: JSON that keeps dates, sets and maps what they are. Anything else JSON cannot say is lost. */
export const toWire = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key: string, json: unknown) {
    // JSON has turned dates into text by now; what they were stands in the object around them.
    const given = this[key]
    if (given instanceof Date) return { $date: given.getTime() }
    if (given instanceof Set) return { $set: [...given] }
    if (given instanceof Map) return { $map: [...given] }
    return json
  })

/** What `toWire` was given. Throws a SyntaxError if the text is none of its. */
export const fromWire = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$date' in value && typeof value.$date === 'number') return new Date(value.$date)
    if ('$set' in value && Array.isArray(value.$set)) return new Set(value.$set)
    if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map)
    return value
  })
