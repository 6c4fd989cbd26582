import { kind, never } from './kind.js';
import { binary, fields, text, type Shape } from './shape.js';

/* Verification itself answers these two; where one is left to be cleared, it was nested where it has no meaning. */

interface Body {
  readonly Location: string;
  readonly VerifierKey: Buffer;
  readonly Ticket: Buffer;
}

const shape: Shape<Body> = fields({ Location: text, VerifierKey: binary, Ticket: binary });

export const thirdParty = kind<Body>('ThirdParty', shape, never);
export const bindToParentToken = kind<Buffer>('BindToParentToken', binary, never);
