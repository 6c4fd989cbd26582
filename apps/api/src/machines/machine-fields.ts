import { notFound, visibleOrganization } from '@bulkhead/auth';
import { z } from 'zod';
import type { GraphqlContext } from '../graphql/context.js';
import { connectionOf, given, pageArgs } from '../graphql/pages.js';
import { factsOfField, rootField, type RootField } from '../graphql/root-field.js';
import type { Operation } from '../operations/operation.js';
import { perform } from '../operations/perform.js';
import { narrowed } from '../organizations/narrowed.js';
import type { MachineRow } from '../read-model/entities.js';
import { destroyMachine } from './destroy-machine.js';
import { answerOf, factsOfRow } from './machine-answer.js';
import { machinesPage } from './machine-page.js';
import { machineEvents, readMachine } from './machine-reads.js';
import { startMachine } from './start-machine.js';
import { stopMachine } from './stop-machine.js';

export const machineQueries = {
  machines: rootField({
    name: 'machines.list-visible',
    access: { on: 'caller', action: 'read' },
    args: z.object({
      organizationId: given(z.string()),
      appId: given(z.string()),
      state: given(z.string().max(32)),
      ...pageArgs,
    }),
    async resolve({ api, caller, input: { organizationId, appId, state, ...page } }) {
      const organization = await narrowed(api, visibleOrganization(caller.principal), organizationId);
      const app = appId === undefined ? undefined : await api.targets.app(appId);
      if (app === null || (app && organization !== 'all' && app.organization !== organization))
        throw notFound('app');
      return connectionOf(await machinesPage(api.source, { organization, app: app?.app, state, ...page }));
    },
  }),
  machine: rootField({
    name: 'machines.get',
    access: {
      on: 'machine',
      action: 'read',
      app: ({ machineId }, api) => api.targets.appOfMachine(machineId),
      machine: ({ machineId }) => machineId,
    },
    args: z.object({ machineId: z.string() }),
    resolve: ({ api, target }) => readMachine(api.source, target.machine),
  }),
};

/** What mutations of machines take; the schema says which of them takes what. */
const machineInput = z.object({
  clientMutationId: given(z.string()),
  appId: given(z.string()),
  id: z.string(),
  signal: given(z.string()),
  killTimeoutSecs: given(z.int().min(0)),
  kill: given(z.boolean()),
});
type MachineInput = z.output<typeof machineInput>;

/** A mutation that carries an operation out and shows the machine as it is then. */
const through = (
  field: string,
  operation: Operation,
  action: 'control' | 'delete',
  asked: (input: MachineInput) => { readonly query?: unknown; readonly body?: unknown },
): RootField =>
  rootField({
    name: operation.name,
    access: {
      on: 'machine',
      action,
      app: ({ input }, api) => input.appId ?? api.targets.appOfMachine(input.id),
      machine: ({ input }) => input.id,
    },
    args: z.object({ input: machineInput }),
    async resolve({ input: { input }, target }, { api, facts }) {
      const params = { app_name: target.appName, machine_id: target.machine };
      const { query = {}, body } = asked(input);
      await perform(api, operation, { ...factsOfField(facts, field), params, query, body });
      return {
        clientMutationId: input.clientMutationId,
        machine: await readMachine(api.source, target.machine),
      };
    },
  });

export const machineMutations = {
  startMachine: through('startMachine', startMachine, 'control', () => ({})),
  stopMachine: through('stopMachine', stopMachine, 'control', ({ signal, killTimeoutSecs: seconds }) => ({
    body: { signal, ...(seconds === undefined ? {} : { timeout: `${seconds}s` }) },
  })),
  removeMachine: through('removeMachine', destroyMachine, 'delete', ({ kill }) => ({
    query: { force: kill ? 'true' : 'false' },
  })),
};

/** The mask of the addresses that one machine has. */
const MASK_SIZE = 112;
const eventsArgs = z.object({ first: pageArgs.first });

const shown = (row: MachineRow, { api }: GraphqlContext) => answerOf(api.sealer, factsOfRow(row));

/** Fields of the type; what is not here is a column of the row. */
export const machineType = {
  state: ({ status }: MachineRow) => status,
  instanceId: ({ instance }: MachineRow) => instance,
  config: async (row: MachineRow, _args: unknown, context: GraphqlContext) =>
    (await shown(row, context)).config,
  cordoned: ({ state }: MachineRow) => state.cordoned,
  hostStatus: ({ state }: MachineRow) => (state.hostLost ? 'unreachable' : 'ok'),
  checks: (row: MachineRow) =>
    factsOfRow(row).checks.map(({ updated_at: updatedAt, ...check }) => ({ ...check, updatedAt })),
  app: ({ app }: MachineRow, _args: unknown, { loaders }: GraphqlContext) => loaders.apps.load(app),
  host: ({ host }: MachineRow) => (host === null ? null : { id: host }),
  ips: async (row: MachineRow, _args: unknown, context: GraphqlContext) => {
    const { private_ip: ip } = await shown(row, context);
    return { nodes: ip === undefined ? [] : [{ family: 'v6', kind: 'privatenet', ip, maskSize: MASK_SIZE }] };
  },
  events: async ({ id }: MachineRow, args: unknown, { api }: GraphqlContext) => ({
    nodes: (await machineEvents(api.source, id, eventsArgs.parse(args).first)).map(
      ({ type: kind, timestamp, ...event }) => ({ ...event, kind, timestamp: new Date(timestamp) }),
    ),
  }),
};
