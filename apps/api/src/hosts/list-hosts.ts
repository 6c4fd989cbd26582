import { Not, type DataSource } from 'typeorm';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { flag, noBody, noParams } from '../operations/shapes.js';
import { HostRow } from '../read-model/entities.js';
import { hostAnswer, hostAnswerOf } from './host-answer.js';

export const hostRows = (source: DataSource, includeRemoved: boolean): Promise<HostRow[]> =>
  source
    .getRepository(HostRow)
    .find({ where: includeRemoved ? {} : { status: Not('removed') }, order: { name: 'ASC', id: 'ASC' } });

export const listHosts = operation({
  name: 'hosts.list',
  summary: 'List the hosts of the platform',
  method: 'GET',
  path: '/api/v1/hosts',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: z.object({ include_removed: flag.optional() }),
  body: noBody,
  result: z.object({ hosts: z.array(hostAnswer) }),
  async handle({ api, input }) {
    const rows = await hostRows(api.source, input.query.include_removed ?? false);
    return { hosts: rows.map(hostAnswerOf) };
  },
});
