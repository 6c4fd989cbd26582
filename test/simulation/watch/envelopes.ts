import type { DomainEvent } from '@bulkhead/domain';
import { z } from 'zod';
import type { StoredEnvelope } from '../memory/schema.js';

/** An envelope as it was committed, as far as anybody looks at it here. */
export interface SeenEnvelope {
  readonly command: string;
  readonly aggregate: { readonly type: string; readonly id: string };
  readonly version: number;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly events: readonly DomainEvent[];
}

const shape = z.object({
  command: z.string(),
  aggregate: z.object({ type: z.string(), id: z.string() }),
  version: z.number(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) })),
});

/** What is in it was checked by its contract before it was committed. */
export const decodeEnvelope = ({ body }: StoredEnvelope): SeenEnvelope =>
  shape.parse(JSON.parse(body.toString())) as SeenEnvelope;
