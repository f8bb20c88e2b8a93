// Plays the story by itself: `npm run demo`.

import { demo } from '@rolesets/example-run'
import { story } from './story.js'

await demo(story)
