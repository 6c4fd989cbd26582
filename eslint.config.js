import tseslint from 'typescript-eslint';

/** Packages a layer may import; everything points down to `domain`, and no app imports another. */
const forbid = (patterns, message) => ['error', { patterns: [{ group: patterns, message }] }];

export default tseslint.config(
  { ignores: ['**/dist/**', 'node_modules/**', '.nx/**', '.bulkhead/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-imports': forbid(
        [
          '**/apps/*/src/**',
          '**/{api,scheduler,vault,audit,worker,edge,gateway,cli,console}/src/**',
          '@bulkhead/api*',
          '@bulkhead/scheduler*',
          '@bulkhead/vault*',
          '@bulkhead/audit*',
          '@bulkhead/worker*',
          '@bulkhead/edge*',
          '@bulkhead/cli*',
        ],
        'No app imports another app; share through libs/.',
      ),
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    // The simulation runs the shipped code of several apps side by side.
    files: ['test/simulation/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': forbid(
        ['@bulkhead/*', 'node:*', 'zod', 'pg', 'nats'],
        'The domain imports nothing.',
      ),
    },
  },
  {
    files: ['libs/contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': forbid(
        ['@bulkhead/!(domain)', '@bulkhead/!(domain)/**'],
        'Contracts know the domain and nothing else.',
      ),
    },
  },
  { files: ['**/*.spec.ts', 'test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
);
