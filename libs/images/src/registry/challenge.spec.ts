import fc from 'fast-check';
import { parseChallenges } from './challenge.js';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('a WWW-Authenticate header', () => {
  it('gives a token server and its parameters', () => {
    expect(
      read('Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"'),
    ).toEqual([
      [
        'bearer',
        { realm: 'https://auth.example/token', service: 'registry', scope: 'repository:a/b:pull,push' },
      ],
    ]);
  });

  it('may hold several challenges, unquoted values and escapes', () => {
    expect(read(String.raw`Basic realm="a \"quoted\" name", Bearer realm = "x" ,service=plain`)).toEqual([
      ['basic', { realm: 'a "quoted" name' }],
      ['bearer', { realm: 'x', service: 'plain' }],
    ]);
  });

  it('never takes long, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'a', '\t', '\u00e9'), {
          maxLength: 3000,
        }),
        (parts) => {
          const started = performance.now();
          parseChallenges(parts.join(''));
          expect(performance.now() - started).toBeLessThan(1_000);
        },
      ),
      { numRuns: 200 },
    );
  });
});
