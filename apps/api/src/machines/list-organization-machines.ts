import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { cursorText, flag, list, noBody, organizationParams, whole } from '../operations/shapes.js';
import { AppRow, MachineRow } from '../read-model/entities.js';
import { decodeCursor, pageOf } from '../read-model/page.js';
import { answerOf, factsOfRow, machineAnswer } from './machine-answer.js';

const query = z.object({
  include_deleted: flag.optional(),
  region: z.string().max(32).optional(),
  state: list(z.string().max(32)).optional(),
  summary: flag.optional(),
  updated_after: z.iso.datetime({ offset: true }).optional(),
  cursor: cursorText.optional(),
  limit: whole(1, 1000).optional(),
});

const sortKey = z.tuple([z.iso.datetime(), z.string()]);

export const listOrganizationMachines = operation({
  name: 'machines.list-of-organization',
  summary: "List an organization's machines, those changed last at the end",
  method: 'GET',
  path: '/v1/orgs/:org_slug/machines',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query,
  body: noBody,
  result: z.object({
    machines: z.array(machineAnswer.extend({ app_name: z.string() })),
    next_cursor: z.string().optional(),
    last_machine_id: z.string().optional(),
    last_updated_at: z.string().optional(),
  }),
  async handle({ api, target, input: { query: asked } }) {
    const size = asked.limit ?? 1000;
    const found = api.source
      .getRepository(MachineRow)
      .createQueryBuilder('machine')
      .innerJoinAndMapOne('machine.appRow', AppRow, 'app', 'app.id = machine.app')
      .where({ organization: target.organization })
      .orderBy('machine.updatedAt')
      .addOrderBy('machine.id')
      .take(size + 1);
    if (asked.cursor) {
      const [time, id] = decodeCursor(sortKey, asked.cursor);
      found.andWhere('(machine.updatedAt, machine.id) > (:time, :id)', { time, id });
    } else if (asked.updated_after)
      found.andWhere('machine.updatedAt > :after', { after: asked.updated_after });
    if (!asked.include_deleted) found.andWhere("machine.status <> 'destroyed'");
    if (asked.region) found.andWhere('machine.region = :region', { region: asked.region });
    if (asked.state) found.andWhere('machine.status = any(:state)', { state: asked.state });
    const page = pageOf(await found.getMany(), size, (row) => [row.updatedAt.toISOString(), row.id]);
    const machines = await Promise.all(
      page.items.map(async (row) => ({
        ...(await answerOf(api.sealer, factsOfRow(row), { summary: asked.summary ?? false })),
        app_name: nameOfApp(row),
      })),
    );
    const last = page.items.at(-1);
    return {
      machines,
      ...(page.next === null ? {} : { next_cursor: page.next }),
      ...(last ? { last_machine_id: last.id, last_updated_at: last.updatedAt.toISOString() } : {}),
    };
  },
});

const nameOfApp = (row: MachineRow & { readonly appRow?: AppRow }): string => row.appRow?.name ?? '';
