import { caveat, type Caveat } from '../caveat.js';
import { CAVEAT } from '../caveat-types.js';
import { MacaroonError } from '../error.js';
import { Reader } from '../wire/reader.js';
import type { DischargeAccess, ResourceAccess, TokenAccess } from './access.js';
import { prohibited, type Prohibition } from './prohibition.js';
import type { Json, Shape } from './shape.js';

/** What one kind of caveat says, how it is written, and what it prohibits. */
export interface Kind<Body> {
  readonly name: string;
  readonly type: bigint;
  readonly shape: Shape<Body>;
  of(body: Body): Caveat;
  /** What a caveat says; null for one of another kind, or that can't be read: such a one prohibits everything. */
  in(caveat: Caveat): Body | null;
  /** Null where nothing speaks against the access. */
  prohibits(caveat: Caveat, access: TokenAccess): Prohibition | null;
  /** The bytes in base64 where they can't be read. */
  json(caveat: Caveat): Json;
  /** @throws z.ZodError */
  fromJson(body: unknown): Caveat;
}

type Rule<Body, A extends TokenAccess> = (body: Body, access: A) => Prohibition | null;

const UNREADABLE = prohibited('bad_caveat', 'it can’t be read');

/** A kind of caveat whose rule judges every access. */
export function kind<Body>(
  name: keyof typeof CAVEAT,
  shape: Shape<Body>,
  rule: Rule<Body, TokenAccess>,
): Kind<Body> {
  const type: bigint = CAVEAT[name];
  const bodyOf = (given: Caveat): Body | null => {
    if (given.type !== type) return null;
    const from = new Reader(given.body);
    try {
      const body = shape.read(from);
      from.end();
      return body;
    } catch (error) {
      if (error instanceof MacaroonError) return null;
      throw error;
    }
  };
  const made = (body: Body) => caveat(type, (to) => shape.write(to, body));
  return {
    name,
    type,
    shape,
    of: made,
    in: bodyOf,
    prohibits(given, access) {
      const body = bodyOf(given);
      return body === null ? UNREADABLE : rule(body, access);
    },
    json(given) {
      const body = bodyOf(given);
      return body === null ? given.body.toString('base64') : shape.json(body);
    },
    fromJson: (body) => made(shape.schema.parse(body)),
  };
}

/** A rule about what is done to things: it can't judge anything else, and so prohibits it. */
export const onResources =
  <Body>(rule: Rule<Body, ResourceAccess>): Rule<Body, TokenAccess> =>
  (body, access) =>
    access.kind === 'resource'
      ? rule(body, access)
      : prohibited('invalid_access', 'it is about access to things');

/** A rule for third parties, about whom they discharge for. */
export const onDischarges =
  <Body>(rule: Rule<Body, DischargeAccess>): Rule<Body, TokenAccess> =>
  (body, access) =>
    access.kind === 'discharge'
      ? rule(body, access)
      : prohibited('invalid_access', 'it is a condition of discharges');

/** For what is no limit and has no place where limits are asked. */
export const never = (): Prohibition => prohibited('bad_caveat', 'it has no place here');
