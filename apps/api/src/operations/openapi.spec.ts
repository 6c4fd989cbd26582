import { readFileSync, writeFileSync } from 'node:fs';
import { OPERATIONS } from './all.js';
import { openApiDocument } from './openapi.js';

const FILE = new URL('../../openapi.json', import.meta.url);
const document = openApiDocument(OPERATIONS);

it('is the committed one; UPDATE_OPENAPI=1 writes it', () => {
  if (process.env['UPDATE_OPENAPI']) writeFileSync(FILE, `${JSON.stringify(document, null, 2)}\n`);
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(document)));
});

it('names every operation once, with what it requires', () => {
  const described = Object.values(
    document['paths'] as Record<string, Record<string, { operationId: string }>>,
  ).flatMap((path) => Object.values(path));
  expect(described.map(({ operationId }) => operationId).toSorted()).toEqual(
    OPERATIONS.map(({ name }) => name).toSorted(),
  );
  for (const operation of described) expect('security' in operation || 'x-requires' in operation).toBe(true);
});
