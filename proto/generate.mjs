// Makes `src/generated/` from the proto files: the types (with the options of `messageOptions` in src/contract.ts), one
// module that exports them all, the descriptor set, and the parsed contract. Run by `npm run generate`, which puts the
// commands on the path.

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
// Names are relative to this folder. The library itself has the files of google.protobuf.
root.resolvePath = (_origin, target) => target
root.loadSync(protoFiles).resolveAll()
// A module with a text, not a JSON file: Node 20 warns on standard error when a program imports JSON. A text is also
// parsed faster than an object literal, and the compiler has no large type to infer.
const text = JSON.stringify(JSON.stringify(root))
writeFileSync(
  `${output}/parsed-contract.ts`,
  `/** JSON for \`Root.fromJSON\` of protobufjs. */\nexport const parsedContract: string = ${text}\n`,
)
