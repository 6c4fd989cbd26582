import { z } from 'zod';
import { connectionOf, pageArgs } from '../graphql/pages.js';
import { rootField } from '../graphql/root-field.js';
import { HostRow } from '../read-model/entities.js';
import { decodeCursor, pageOf } from '../read-model/page.js';
import { hostAnswerOf } from './host-answer.js';

const idKey = z.tuple([z.string()]);

export const hostQueries = {
  hosts: rootField({
    name: 'hosts.list',
    access: { on: 'platform', action: 'read' },
    args: z.object(pageArgs),
    async resolve({ api, input: { first, after } }) {
      const found = api.source
        .getRepository(HostRow)
        .createQueryBuilder('host')
        .where("host.status <> 'removed'")
        .orderBy('host.id')
        .take(first + 1);
      if (after) found.andWhere('host.id > :after', { after: decodeCursor(idKey, after)[0] });
      return connectionOf(pageOf(await found.getMany(), first, ({ id }) => [id]));
    },
  }),
};

interface ResourcesAnswer {
  readonly cpus: number;
  readonly memory_mb: number;
  readonly disk_mb: number;
}
const inWords = ({ cpus, memory_mb: memoryMb, disk_mb: diskMb }: ResourcesAnswer) => ({
  cpus,
  memoryMb,
  diskMb,
});

/** Fields of the type; what is not here is a column of the row. */
export const hostDetailsType = {
  cordoned: (row: HostRow) => row.state.cordoned,
  labels: (row: HostRow) => row.state.labels,
  capacity: (row: HostRow) => inWords(hostAnswerOf(row).capacity),
  used: (row: HostRow) => inWords(hostAnswerOf(row).used),
  machineCount: (row: HostRow) => hostAnswerOf(row).machine_count,
};
