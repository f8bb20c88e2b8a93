// `npm start`: runs the sidecar and the application, and prints the steps of the story.

import { start } from '@rolesets/example-run'
import { story } from './story.js'

await start(story)
