import type { DomainEvent } from '@bulkhead/domain';
import type { StoredEnvelope } from '../memory/schema.js';

/** An envelope as it was committed, as far as anybody looks at it here. */
export interface SeenEnvelope {
  readonly command: string;
  readonly aggregate: { readonly type: string; readonly id: string };
  readonly version: number;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly events: readonly DomainEvent[];
}

/** What is in it was checked by its contract before it was committed. */
export const decodeEnvelope = ({ body }: StoredEnvelope): SeenEnvelope =>
  JSON.parse(body.toString()) as SeenEnvelope;
