/** Which reader gets the catalogue in memory, and which has to load it. */

import test from 'ava'
import { emptyCatalogue } from '@rolesets/core'
import { Catalogues } from '../../packages/sidecar/src/storage/transactions/catalogues.ts'

const epoch = 'first'
const stateAt = (revision: number) => ({ epoch, revision, catalogue: { ...emptyCatalogue } })
const at = (revision: number) => ({ epoch, revision })

test('a reader whose state is newer or much older than memory gets no catalogue that may be wrong', (t) => {
  const first = stateAt(3)
  const catalogues = new Catalogues(first)
  t.is(catalogues.at(at(4)), undefined)
  t.is(catalogues.at(at(2)), undefined)
  catalogues.advance({ ...first, revision: 5 })
  const found = [4, 5, 6].map((revision) => catalogues.at(at(revision)))
  t.deepEqual(found, [first.catalogue, first.catalogue, undefined])
  for (let revision = 6; revision < 60; revision++) catalogues.advance(stateAt(revision))
  t.is(catalogues.at(at(5)), undefined)
  t.not(catalogues.at(at(58)), catalogues.at(at(59)))
})

test('a reader of the content before an adoption gets no catalogue of the new one', (t) => {
  const catalogues = new Catalogues(stateAt(3))
  const adopted = { ...stateAt(5), epoch: 'second' }
  catalogues.advance(adopted, true)
  t.is(catalogues.at(at(5)), undefined)
  t.is(catalogues.at({ epoch: 'second', revision: 4 }), undefined)
  t.is(catalogues.at(adopted), adopted.catalogue)
})
