// What the compiler does not check: floating promises, sizes, and the habits of this repository that a rule can check.

import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const usingDeclarations = {
  selector: 'VariableDeclaration[kind=/using$/]',
  message: 'Node 20 cannot parse `using`: close the resource in a `finally` block.',
}
const onlyTests = {
  selector: "CallExpression[callee.object.name='test'][callee.property.name='only']",
  message: '`test.only` skips all other tests of the file: remove `.only`.',
}
const defaultExports = {
  selector: 'ExportDefaultDeclaration',
  message: 'Use a named export, so that one thing has the same name everywhere.',
}

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/dist/', '**/generated/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // A type that is made of a table gets a name by which errors and editors show it.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false }],
      // An interface can require a promise where an implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': ['error', usingDeclarations, defaultExports, onlyTests],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'max-lines': ['error', 400],
      eqeqeq: 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'proto/src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', 70],
      'max-params': ['error', 3],
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'process', message: "Only the sidecar's main.ts uses `process`." }],
    },
  },
  // All rules take the same parameters: the catalogue, the input, the facts about it, the context.
  { files: ['packages/sidecar/src/domain/**/*.ts'], rules: { 'max-params': ['error', 4] } },
  { files: ['packages/sidecar/src/main.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests read answers without types, and compare them as a whole.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  // The compiler checks these files, and knows the global names.
  { files: ['examples/**/*.js'], rules: { 'no-undef': 'off' } },
  // Its packages are not installed here, so its types are not known. `npm run test:packages` compiles it.
  { files: ['examples/nestjs/*.ts'], extends: [tseslint.configs.disableTypeChecked] },
)
