import type { Config } from '../../config'
import type { Log } from '../log/port'
import type { Traces } from './port'

/** Nothing unless an endpoint is set: then no line of OpenTelemetry is loaded. */
export const openTraces = async (
  { traces, version }: Pick<Config, 'traces' | 'version'>,
  log: Pick<Log, 'warn'>,
): Promise<Traces | undefined> =>
  traces ? (await import('./otlp')).otlpTraces({ ...traces, version }, log) : undefined
