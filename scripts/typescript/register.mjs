// Lets Node run the TypeScript sources: `node --import=./scripts/typescript/register.mjs file.ts`. It takes the types out
// and keeps the result, so that a process that finds it ready needs no compiler. Positions stay those of the sources.

import module from 'node:module'
import { join } from 'node:path'
import { cacheFolder, load } from './hooks.mjs'

// Newer Nodes call the hook where it is; Node 20 runs it in a thread of its own.
if (module.registerHooks) module.registerHooks({ load })
else module.register('./hooks.mjs', import.meta.url)

// Newer Nodes also keep what V8 has compiled. Exact coverage needs every function compiled anew.
if (!process.env.NODE_V8_COVERAGE) module.enableCompileCache?.(join(cacheFolder, 'compiled'))
