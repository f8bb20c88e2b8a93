/** Operations on the settings, which apply to all organizations. */

import { updateSettings } from '../../domain/settings.ts'
import { catalogueRule, commandsOf } from './operation.ts'
import { viewSettings } from '../views.ts'

export const settingsCommands = commandsOf(viewSettings, {
  updateSettings: catalogueRule(updateSettings, (catalogue) => ({
    id: 'settings',
    revision: viewSettings(catalogue.settings, catalogue).revision,
  })),
})
