// Makes `src/generated/` from the proto files: the types (with the options of `loaderOptions` in src/index.ts), one
// module that exports them all, the descriptor set, and the contract as it is once it is parsed. Run by `npm run generate`, which puts the commands on the path.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import protobuf from 'protobufjs'

const output = 'src/generated'
const folder = 'rolesets/v1'
const protoFiles = readdirSync(folder)
  .filter((file) => file.endsWith('.proto'))
  .map((file) => `${folder}/${file}`)
  .sort()

rmSync(output, { recursive: true, force: true })
mkdirSync(output, { recursive: true })

const options = ['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--includeComments', '--includeDirs=.']
const names = [
  '--grpcLib=@grpc/grpc-js',
  '--importFileExtension=.ts',
  '--targetFileExtension=.ts',
  `--outDir=${output}`,
]
execFileSync('proto-loader-gen-types', [...options, ...names, ...protoFiles], { stdio: 'inherit' })

const messages = readdirSync(`${output}/${folder}`).sort()
writeFileSync(`${output}/index.ts`, messages.map((file) => `export type * from './${folder}/${file}'\n`).join(''))

const descriptorSet = ['--as-file-descriptor-set', '--exclude-source-info', `--output=${output}/rolesets.binpb`]
execFileSync('buf', ['build', ...descriptorSet], { stdio: 'inherit' })

const root = new protobuf.Root()
// Names are relative to this folder; those of google.protobuf are known to the library.
root.resolvePath = (_origin, target) => target
root.loadSync(protoFiles).resolveAll()
writeFileSync(`${output}/rolesets.json`, JSON.stringify(root))
