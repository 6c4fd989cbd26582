import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { appParams, flag, list, noBody } from '../operations/shapes.js';
import { MachineRow } from '../read-model/entities.js';
import { answerOf, factsOfRow, machineAnswer } from './machine-answer.js';

/** Filters by metadata are named `metadata.<key>`, so any such name is a parameter. */
const query = z
  .object({
    include_deleted: flag.optional(),
    region: z.string().max(32).optional(),
    state: list(z.string().max(32)).optional(),
    summary: flag.optional(),
  })
  .catchall(z.unknown());

const metadataFilter = z.record(z.string().max(128), z.string().max(4096));

/** An app's machines are bounded by its organization's quota, so that one answer may hold them all. */
const MOST = 10_000;

export const listMachines = operation({
  name: 'machines.list',
  summary: "List an app's machines",
  method: 'GET',
  path: '/v1/apps/:app_name/machines',
  access: { on: 'app', action: 'read', app: ({ params }) => params.app_name },
  params: appParams,
  query,
  body: noBody,
  result: z.array(machineAnswer),
  async handle({ api, target, input }) {
    const { include_deleted, region, state, summary } = input.query;
    const metadata = metadataOf(input.query);
    const found = api.source
      .getRepository(MachineRow)
      .createQueryBuilder('machine')
      .where({ app: target.app })
      .orderBy('machine.id')
      .take(MOST);
    if (!include_deleted) found.andWhere("machine.status <> 'destroyed'");
    if (region) found.andWhere('machine.region = :region', { region });
    if (state) found.andWhere('machine.status = any(:state)', { state });
    if (Object.keys(metadata).length > 0)
      found.andWhere("machine.state #> '{config,metadata}' @> :metadata", {
        metadata: JSON.stringify(metadata),
      });
    const rows = await found.getMany();
    return Promise.all(
      rows.map((row) => answerOf(api.sealer, factsOfRow(row), { summary: summary ?? false })),
    );
  },
});

const metadataOf = (query: Readonly<Record<string, unknown>>) =>
  metadataFilter.parse(
    Object.fromEntries(
      Object.entries(query).flatMap(([name, value]) =>
        name.startsWith('metadata.') && typeof value === 'string'
          ? [[name.slice('metadata.'.length), value]]
          : [],
      ),
    ),
  );
