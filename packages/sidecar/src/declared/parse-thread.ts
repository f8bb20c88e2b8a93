/** The thread in which a large manifest is parsed. */

import { parentPort, workerData } from 'node:worker_threads'
import { answer, type Question } from './answer.ts'

// The data is what `parse.ts` starts the thread with.
parentPort?.postMessage(answer(workerData as Question))
