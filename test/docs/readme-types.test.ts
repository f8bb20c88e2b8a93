/** The guarded route of the README compiles as pasted into a new project with strict TypeScript. */

import { fileURLToPath } from 'node:url'
import test from 'ava'
import ts from 'typescript'
import { codeBlocksOf } from './code-blocks.ts'

const root = new URL('../../', import.meta.url)

test('the guard of the README compiles in strict TypeScript', async (t) => {
  const { code = '' } = (await codeBlocksOf('README.md')).find(({ heading }) => heading === 'Guard a route') ?? {}
  t.true(code.includes('guardRoleGrant({ roleSets })'))
  // Below the example, whose dependencies are those of an application.
  const file = fileURLToPath(new URL('examples/pricing-tiers/pasted.ts', root))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    typeRoots: [fileURLToPath(new URL('node_modules/@types', root))],
    customConditions: ['@rolesets/source'],
    allowImportingTsExtensions: true,
  }
  const host = ts.createCompilerHost(options)
  const onDisk = { ...host }
  host.fileExists = (name) => name === file || onDisk.fileExists(name)
  host.readFile = (name) => (name === file ? code : onDisk.readFile(name))
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, code, rest[0]) : onDisk.getSourceFile(name, ...rest)
  const program = ts.createProgram([file], options, host)
  const pasted = program.getSourceFile(file)
  const faults = [...program.getSyntacticDiagnostics(pasted), ...program.getSemanticDiagnostics(pasted)]
  t.deepEqual(
    faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    [],
  )
})
