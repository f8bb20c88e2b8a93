/** The sidecar as a part of another program: read a configuration, open it, close it. */

export { parseConfig, settings, type Config, type ConfigInput, type ParsedConfig, type Setting } from './config.ts'
export { openSidecar, type Sidecar } from './sidecar.ts'
