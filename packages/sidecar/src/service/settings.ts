/** Operations on what holds for all organizations. */

import { updateSettings, type UpdateSettings } from '../domain/settings.ts'
import { command } from './operation.ts'
import { viewSettings } from './views.ts'

export const settingsCommands = {
  updateSettings: command({
    operation: 'UpdateSettings',
    decide: ({ catalogue, context, expectUnchanged }, input: UpdateSettings) => {
      const { revision } = viewSettings(catalogue.settings, catalogue)
      expectUnchanged({ id: 'settings', revision })
      return updateSettings(catalogue, input, context)
    },
    view: viewSettings,
  }),
}
