import fc from 'fast-check';
import { Shelf } from './shelf.js';

it('places pieces apart from each other, none across a block, and wastes little', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 300 }), (sizes) => {
      const shelf = new Shelf();
      const pieces = sizes
        .map((size) => ({ start: shelf.place(size), size }))
        .sort((a, b) => a.start - b.start);
      pieces.forEach(({ start, size }, index) => {
        expect(start % 32).toBe(0);
        expect(Math.floor(start / 4096)).toBe(Math.floor((start + size - 1) / 4096));
        expect(start + size).toBeLessThanOrEqual(pieces[index + 1]?.start ?? shelf.bytes);
      });
      const needed = sizes.reduce((sum, size) => sum + Math.ceil(size / 32) * 32, 0);
      expect(shelf.bytes).toBeLessThanOrEqual(2 * needed + 4096);
    }),
  );
});
