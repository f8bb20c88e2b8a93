/** The settings of a replica: which authority it follows, and how it gets there. */

import { isLoopback } from './listening.ts'
import { shown } from './redaction.ts'
import type { SettingName } from './settings.ts'

export interface UpstreamConfig {
  /** `host:port`, `unix:<path>` or `dns:///host:port`. */
  readonly target: string
  readonly key: string
  /** Undefined: without TLS. */
  readonly tls: UpstreamTls | undefined
  /** Where it serves HTTP. Undefined: it isn't known. */
  readonly http: { readonly url: URL; readonly tls: UpstreamTls } | undefined
}

/** PEM. */
export interface UpstreamTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Of the reader of all settings. After a fault, what is returned is not used. */
interface Reading {
  fault(name: SettingName, problem: string): void
  text(name: SettingName): string | undefined
  /** The content of the file that a setting names. */
  file(name: SettingName): string | undefined
  key(name: 'upstreamKey', fileName: 'upstreamKeyFile'): string | undefined
}

const further = [
  'upstreamKey',
  'upstreamKeyFile',
  'upstreamHttp',
  'upstreamTlsCa',
  'upstreamTlsCert',
  'upstreamTlsKey',
] as const

/** @returns undefined: the sidecar is an authority */
export function readUpstream(settings: Reading, isInsecure: boolean): UpstreamConfig | undefined {
  const target = settings.text('upstream')
  if (target === undefined) {
    for (const name of further)
      if (settings.text(name) !== undefined) settings.fault(name, 'is given without an authority. Give --upstream too.')
    return undefined
  }
  checkOnly(settings)
  const isLocal = isLocalTarget(settings, target)
  const files = readFiles(settings)
  const url = readAddress(settings, isInsecure)
  const hasTls = Object.keys(files).length > 0 || !(isLocal || isInsecure)
  const key = settings.key('upstreamKey', 'upstreamKeyFile') ?? ''
  return { target, key, tls: hasTls ? files : undefined, http: url && { url, tls: files } }
}

/** What a replica needs, and what it can't have. */
function checkOnly(settings: Reading): void {
  if (settings.text('upstreamKey') === undefined && settings.text('upstreamKeyFile') === undefined)
    settings.fault(
      'upstream',
      'is given without a key of the authority. Give --upstream-key-file or --upstream-key too.',
    )
  for (const name of ['manifest', 'readOnly'] as const)
    if (![undefined, 'false'].includes(settings.text(name)))
      settings.fault(name, 'is for an authority, and --upstream makes this sidecar a replica. Leave one of them out.')
}

function readFiles(settings: Reading): UpstreamTls {
  const ca = settings.file('upstreamTlsCa')
  const cert = settings.file('upstreamTlsCert')
  const key = settings.file('upstreamTlsKey')
  if ((settings.text('upstreamTlsCert') === undefined) !== (settings.text('upstreamTlsKey') === undefined))
    settings.fault('upstreamTlsCert', 'and --upstream-tls-key belong together. Give both, or none.')
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) }
}

function readAddress(settings: Reading, isInsecure: boolean): URL | undefined {
  const text = settings.text('upstreamHttp')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isAddress = url !== undefined && /^https?:$/.test(url.protocol) && `${url.pathname}${url.search}` === '/'
  if (!isAddress || url.username !== '')
    settings.fault('upstreamHttp', `is ${shown(text)}. Give http://host:port or https://host:port.`)
  else if (url.protocol === 'http:' && !isInsecure && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    settings.fault('upstreamHttp', 'would send keys without encryption. Give https://host:port, or --insecure.')
  return url
}

/** Whether what goes there doesn't leave the machine. */
function isLocalTarget(settings: Reading, target: string): boolean {
  if (/^unix:(?!(\/\/)?$)[^\0]+$/.test(target)) return true
  const [, host, port] = /^(?:dns:\/\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/.exec(target) ?? []
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return isLoopback(host.replace(/^\[|\]$/g, ''))
  settings.fault('upstream', `is ${shown(target)}. Give host:port, unix:<path> or dns:///host:port.`)
  return false
}
