/** What one more costs: the slope of the line with the least squares to the points of a series. */

import type { Series } from './row.ts'

export function slopeOf({ points }: Series): number {
  const mean = (pick: (point: Series['points'][number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const x = mean((point) => point.x)
  const y = mean((point) => point.y)
  return mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2)
}
