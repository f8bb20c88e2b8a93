/** What a sidecar serves at /metrics, taken apart. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Scrape {
  readonly text: string
  readonly metrics: readonly Metric[]
  /** The value of the one sample with this name and these labels; undefined: there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

/** @param address of HTTP, without TLS */
export async function scrape(address: string | undefined): Promise<Scrape> {
  const response = await fetch(`http://${address}/metrics`)
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}.`)
  return parseScrape(await response.text())
}

export function parseScrape(text: string): Scrape {
  const metrics = text
    .split(/^# HELP /m)
    .slice(1)
    .map(parseMetric)
  const samples = metrics.flatMap((metric) => metric.samples)
  return {
    text,
    metrics,
    value: (name, labels = {}) =>
      samples.find((sample) => sample.name === name && isSame(sample.labels, labels))?.value,
  }
}

function parseMetric(text: string): Metric {
  const [head = '', type = '', ...lines] = text.trim().split('\n')
  const [name = ''] = head.split(' ')
  return { name, type: type.split(' ')[3] ?? '', help: head.slice(name.length + 1), samples: lines.map(parseSample) }
}

function parseSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === '') throw new Error(`This line is no sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', given = '']) => [label, given])
  const number = value === '+Inf' ? Infinity : value === 'Nan' ? NaN : Number(value)
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: number }
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys({ ...one, ...other })
  return names.every((name) => one[name] === other[name])
}
