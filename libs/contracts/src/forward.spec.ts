import fc from 'fast-check';
import {
  formatForwardRequest,
  forwardRequest,
  MAX_FORWARD_LINE,
  parseForwardAnswer,
  parseForwardRequest,
} from './forward.js';
import { newMachineId } from './ids.js';

const count = fc.integer({ min: 0, max: 999_999_999_999_999 });
const request = fc
  .record({ generation: fc.record({ epoch: count, count }), port: fc.integer({ min: 1, max: 65535 }) })
  .map((made) => forwardRequest.parse({ machine: newMachineId(), ...made }));

test('a request line says all of the request, in few bytes', () => {
  fc.assert(
    fc.property(request, (made) => {
      const line = formatForwardRequest(made);
      expect(line.length).toBeLessThanOrEqual(MAX_FORWARD_LINE);
      expect(parseForwardRequest(line.slice(0, -2))).toEqual(made);
    }),
  );
});

test('a line with any byte changed is another request or none', () => {
  fc.assert(
    fc.property(
      request,
      fc.nat(100),
      fc.string({ unit: 'binary-ascii', maxLength: 3 }),
      (made, place, text) => {
        const line = formatForwardRequest(made).slice(0, -2);
        const at = place % line.length;
        const read = parseForwardRequest(line.slice(0, at) + text + line.slice(at + 1));
        if (read) expect(forwardRequest.parse(read)).toEqual(read);
      },
    ),
  );
});

test.each(['ok', 'OK ', 'NO', 'NO ', 'NO because', 'NO unreachable\0'])('%j is no answer', (line) => {
  expect(parseForwardAnswer(line)).toBeUndefined();
});
