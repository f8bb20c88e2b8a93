// `npm run demo`: runs all steps of the story and checks each answer.

import { demo } from '@rolesets/example-run'
import { story } from './story.js'

await demo(story)
