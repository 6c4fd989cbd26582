/** Unit tests end in .spec.ts, those with real Postgres, NATS or images in .int.spec.ts, whole-platform ones in .e2e.spec.ts. */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  modulePathIgnorePatterns: ['/dist/'],
  testRegex: '\\.spec\\.ts$',
  testTimeout: 90_000,
};
