#!/usr/bin/env node
// The `rolesets` command under its own name, so that `npx rolesets` finds it. All of it is in `@rolesets/sidecar`.

import '@rolesets/sidecar/command'
