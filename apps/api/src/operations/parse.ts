import { TerminalError } from '@bulkhead/contracts';
import { isNotOffered } from '@bulkhead/contracts/machine-config';
import type { z } from 'zod';

/** More than these help nobody. */
const MAX_PROBLEMS = 10;
const MAX_PATH = 200;

interface Problem {
  readonly path: string;
  readonly message: string;
}

/**
 * Reads one part of a request by its schema.
 * @throws TerminalError `invalid_request` naming each field at fault. Values are never repeated: some are secrets.
 */
export function parsePart<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(describe).slice(0, MAX_PROBLEMS);
  const [first] = problems;
  throw new TerminalError('invalid_request', first ? sentence(first) : 'the request is not understood', {
    status: 400,
    details: { problems },
  });
}

const sentence = ({ path, message }: Problem) => (path === '' ? message : `${path}: ${message}`);

function describe(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...issue.path, key]));
  if (issue.code === 'invalid_union') return [{ path: textOf(issue.path), message: unionMessage(issue) }];
  return [{ path: textOf(issue.path), message: issue.message }];
}

function unknownField(keys: readonly PropertyKey[]): Problem {
  const path = textOf(keys);
  const below = keys.filter((key) => typeof key === 'string').slice(keys[0] === 'config' ? 1 : 0);
  const message = isNotOffered(below.join('.'))
    ? 'the Machines API has this field, but Bulkhead does not offer it'
    : 'unknown field';
  return { path, message };
}

/** What each alternative would have wanted, where they say it shortly. */
function unionMessage(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>): string {
  const wanted = issue.errors.flatMap((alternative) => alternative.map(({ message }) => message));
  return [...new Set(wanted)].slice(0, 3).join(', or ') || issue.message;
}

const textOf = (keys: readonly PropertyKey[]): string => keys.map(String).join('.').slice(0, MAX_PATH);
