import {
  GraphQLError,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ASTVisitor,
} from 'graphql';
import { MAX_FIRST } from './pages.js';

/** What one document may be: read before any of it is carried out. Introspection as tools ask for it is 15 levels deep. */
export const LIMITS = { tokens: 5_000, depth: 16, cost: 60_000 } as const;

const DEFAULT_LIST = 50;

interface Size {
  readonly depth: number;
  readonly cost: number;
}

/** A validation rule: no document deeper or costlier than the limits, counting what its lists may hold. */
export function limitDocument(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      const { depth, cost } = sizeOf(
        node.selectionSet,
        (name) => context.getFragment(name) ?? undefined,
        new Set(),
      );
      if (depth > LIMITS.depth)
        refuse(context, `is ${depth} levels deep; at most ${LIMITS.depth} are allowed`);
      if (cost > LIMITS.cost)
        refuse(context, `may ask for ${cost} fields; at most ${LIMITS.cost} are allowed`);
    },
  };
}

const refuse = (context: ValidationContext, why: string) =>
  context.reportError(new GraphQLError(`the query ${why}`, { extensions: { code: 'INVALID_ARGUMENTS' } }));

type Fragments = (name: string) => FragmentDefinitionNode | undefined;

/** Fragments within themselves are refused by another rule; here they only must not make this one loop. */
function sizeOf(set: SelectionSetNode | undefined, fragments: Fragments, within: ReadonlySet<string>): Size {
  let depth = 0;
  let cost = 0;
  const add = (size: Size) => {
    depth = Math.max(depth, size.depth);
    cost = Math.min(cost + size.cost, Number.MAX_SAFE_INTEGER);
  };
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FIELD) {
      const below = sizeOf(selection.selectionSet, fragments, within);
      add({ depth: below.depth + 1, cost: 1 + below.cost * itemsOf(selection) });
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      add(sizeOf(selection.selectionSet, fragments, within));
    } else {
      const { value } = selection.name;
      if (!within.has(value))
        add(sizeOf(fragments(value)?.selectionSet, fragments, new Set([...within, value])));
    }
  }
  return { depth, cost };
}

/** How many items a field's children may be asked for: a connection's `nodes` stand for what `first` says above them. */
function itemsOf({ arguments: args = [], name, selectionSet }: FieldNode): number {
  const first = args.find((argument) => argument.name.value === 'first')?.value;
  if (first?.kind === Kind.INT) return Math.min(Number(first.value), MAX_FIRST);
  if (first) return MAX_FIRST;
  const isConnection = selectionSet?.selections.some(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === 'nodes',
  );
  return isConnection && name.value !== 'ips' ? DEFAULT_LIST : 1;
}
