/**
 * Finds the imports of a source file in every form: static, side-effect, re-export, dynamic, type, `require` and
 * `import.meta.resolve`.
 */

import ts from 'typescript'

export interface Import {
  /** The importing file, from the root of the repository. */
  readonly file: string
  /** As it is written; undefined if it is computed. */
  readonly specifier: string | undefined
  /** Whether the import is gone at run time. */
  readonly typeOnly: boolean
}

/** All imports of one file, in the order of the text. */
export function importsOf(file: string, text: string): readonly Import[] {
  const imports: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    const literal = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : undefined
    imports.push({ file, specifier: literal, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
    } else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0], false)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return imports
}

function isLoading(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true
  return /^(require|import\.meta|createRequire\(.*\))(\.resolve)?$/.test(callee.getText())
}
