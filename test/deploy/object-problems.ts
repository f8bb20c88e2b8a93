/**
 * Checks objects of Kubernetes against the types of the models: unknown fields, types, required fields, and the values of
 * enumerations. The compiler does it: an object is written as a literal of its type.
 */

import { join } from 'node:path'
import ts from 'typescript'
import { projectRoot } from '../docs/code-blocks.ts'
import type { KubernetesObject } from './kustomize.ts'

/** The module of the types for each API version that we use. */
const modules: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
}

const compilerOptions: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts'],
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
}

/** The types of the models, which are the same each time. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/** @returns for each object what is wrong with it, in the order of the objects; an empty list: nothing */
export function objectProblems(objects: readonly object[]): readonly (readonly string[])[] {
  const files = new Map(
    objects.map((object, at) => [join(projectRoot, `test/deploy/object-${at}.ts`), sourceOf(object)] as const),
  )
  const host = ts.createCompilerHost(compilerOptions)
  const getSourceFile = host.getSourceFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  host.fileExists = (file) => files.has(file) || fileExists(file)
  host.getSourceFile = (file, ...rest) => {
    const text = files.get(file)
    if (text !== undefined) return ts.createSourceFile(file, text, rest[0])
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest))
    return parsed.get(file)
  }
  const program = ts.createProgram([...files.keys()], compilerOptions, host)
  return [...files.keys()].map((file) => {
    const found = program.getSemanticDiagnostics(program.getSourceFile(file))
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
  })
}

function sourceOf(object: object): string {
  const { apiVersion, kind } = object as Partial<KubernetesObject>
  const from = modules[apiVersion ?? '']
  // A module without the kind is a problem that the compiler finds; without a module, the line below is one.
  if (from === undefined) return `export const object: never = ${JSON.stringify(`no types for ${apiVersion}`)}\n`
  return `import type { I${kind} } from '${from}'\nexport const object: I${kind} = ${JSON.stringify(object, null, 2)}\n`
}
