// Runs the sidecar and the application, and prints the story: `npm start`.

import { start } from '@rolesets/example-run'
import { story } from './story.js'

await start(story)
