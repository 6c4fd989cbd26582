import { readFileSync } from 'node:fs';
import { clear, type Resource } from '@bulkhead/auth';
import type { OrganizationId } from '@bulkhead/domain';
import {
  buildSchema,
  defaultFieldResolver,
  GraphQLScalarType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { appMutations, appQueries, appType } from '../apps/app-fields.js';
import { eventQueries, eventType } from '../events/event-fields.js';
import { hostDetailsType, hostQueries } from '../hosts/host-fields.js';
import { machineMutations, machineQueries, machineType } from '../machines/machine-fields.js';
import {
  organizationMutations,
  organizationQueries,
  organizationType,
} from '../organizations/organization-fields.js';
import { platformQueries, regionType } from '../platform/platform-fields.js';
import { tokenMutations, tokenType } from '../tokens/token-fields.js';
import type { AppRow, MachineRow, OrganizationRow, TokenRow } from '../read-model/entities.js';
import type { GraphqlContext } from './context.js';
import type { RootField } from './root-field.js';
import { subscriptionFields, type SubscriptionField } from './subscriptions.js';

/** The committed schema; it is what the server is built from. */
export const SCHEMA_FILE = new URL('../../schema.graphql', import.meta.url);

const ROOTS: Readonly<Record<string, Readonly<Record<string, RootField | SubscriptionField>>>> = {
  Queries: {
    ...platformQueries,
    ...organizationQueries,
    ...appQueries,
    ...machineQueries,
    ...hostQueries,
    ...eventQueries,
  },
  Mutations: { ...organizationMutations, ...appMutations, ...machineMutations, ...tokenMutations },
  Subscriptions: subscriptionFields,
};

/** Every root field with what it requires, for tests. */
export const rootFields = (): readonly {
  readonly type: string;
  readonly field: string;
  readonly on: string;
  readonly action: string;
}[] =>
  Object.entries(ROOTS).flatMap(([type, fields]) =>
    Object.entries(fields).map(([field, { on, action }]) => ({ type, field, on, action })),
  );

/** As a method, so that each resolver may name the type of its own parent: it is called for fields of that type alone. */
interface Callable {
  resolve(parent: unknown, args: unknown, context: GraphqlContext): unknown;
}
type Resolvers = Readonly<Record<string, Callable['resolve']>>;
const TYPES: Readonly<Record<string, Resolvers>> = {
  Organization: organizationType,
  LimitedAccessToken: tokenType,
  App: appType,
  Machine: machineType,
  HostDetails: hostDetailsType,
  Region: regionType,
  Event: eventType,
};

/** Whose a value of a type is, for types that are not for every caller: checked again at each field, whatever led there. */
interface Owned {
  ownerOf(value: unknown): OrganizationId | null;
}
const OWNERS: Readonly<Record<string, Owned['ownerOf']>> = {
  Organization: ({ id }: OrganizationRow) => id,
  LimitedAccessToken: ({ organization }: TokenRow) => organization,
  App: ({ organization }: AppRow) => organization,
  Machine: ({ organization }: MachineRow) => organization,
};

/**
 * The schema with its resolvers.
 * @throws Error where a root field or a type states no access, where the schema and a resolver differ about it, or where one of the
 * two lacks what the other has: such a server does not start.
 */
export function graphqlSchema(sdl = readFileSync(SCHEMA_FILE, 'utf8')): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (type instanceof GraphQLScalarType) giveScalar(type);
    if (isInterfaceType(type))
      type.resolveType = (value: { readonly __typename?: string }) => value.__typename;
    if (!isObjectType(type)) continue;
    if (ROOTS[type.name]) giveRoot(type, ROOTS[type.name] ?? {});
    else giveType(type);
  }
  return schema;
}

function giveRoot(
  type: GraphQLObjectType,
  resolvers: Readonly<Record<string, RootField | SubscriptionField>>,
): void {
  const fields = type.getFields();
  for (const name of Object.keys(resolvers))
    if (!fields[name]) throw new Error(`${type.name}.${name} is not in the schema`);
  for (const field of Object.values(fields)) {
    const resolver = resolvers[field.name];
    if (!resolver) throw new Error(`${type.name}.${field.name} has no resolver`);
    const stated = requirementOf(field.astNode?.directives, `${type.name}.${field.name}`);
    if (stated.on !== resolver.on || stated.action !== resolver.action)
      throw new Error(
        `${type.name}.${field.name} states ${stated.action} on ${stated.on}, its resolver ${resolver.action} on ${resolver.on}`,
      );
    giveField(field, resolver);
  }
}

function giveField(
  field: GraphQLField<unknown, GraphqlContext>,
  resolver: RootField | SubscriptionField,
): void {
  if ('subscribe' in resolver)
    field.subscribe = (_root, args: unknown, context) => resolver.subscribe(context, args);
  else field.resolve = (_root, args: unknown, context) => resolver.run(context, args);
}

function giveType(type: GraphQLObjectType): void {
  const { on } = requirementOf(type.astNode?.directives, type.name);
  const resolvers = TYPES[type.name] ?? {};
  const fields = type.getFields();
  for (const name of Object.keys(resolvers))
    if (!fields[name]) throw new Error(`${type.name}.${name} is not in the schema`);
  for (const field of Object.values(fields)) {
    const resolve = resolvers[field.name] ?? defaultFieldResolver;
    field.resolve = on === 'caller' ? resolve : guarded(type.name, field.name, on, resolve);
  }
}

type AnyResolver = GraphQLFieldResolver<unknown, GraphqlContext>;

function guarded(type: string, field: string, on: string, resolve: AnyResolver): AnyResolver {
  const ownerOf = OWNERS[type];
  if (on !== 'platform' && !ownerOf) throw new Error(`nothing says whose a ${type} is`);
  return (parent, args: unknown, context, info) => {
    const organization = ownerOf?.(parent) ?? null;
    const resource: Resource =
      organization === null ? { kind: 'platform' } : { kind: 'organization', organization };
    clear({ operation: `${type}.${field}`, action: 'read', resource }, context.caller.principal);
    return resolve(parent, args, context, info);
  };
}

/** @throws Error where none is stated */
function requirementOf(
  directives: readonly DirectiveNode[] | undefined,
  what: string,
): { action: string; on: string } {
  const stated = directives?.find(({ name }) => name.value === 'requires');
  if (!stated) throw new Error(`${what} states no required access`);
  const valueOf = (name: string) => {
    const value = stated.arguments?.find((argument) => argument.name.value === name)?.value;
    return value?.kind === Kind.ENUM ? value.value.toLowerCase() : '';
  };
  return { action: valueOf('action'), on: valueOf('on') };
}

function giveScalar(type: GraphQLScalarType): void {
  if (type.name === 'ISO8601DateTime')
    type.serialize = (value) => (value instanceof Date ? value.toISOString() : String(value));
}
