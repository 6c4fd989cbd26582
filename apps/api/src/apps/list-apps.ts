import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams } from '../operations/shapes.js';
import { AppRow } from '../read-model/entities.js';
import { appAnswer, appAnswers } from './app-answer.js';

/** An organization's apps are bounded by its quota, so that one answer may hold them all. */
const MOST = 10_000;

export const listApps = operation({
  name: 'apps.list',
  summary: "List an organization's apps",
  method: 'GET',
  path: '/v1/apps',
  access: { on: 'organization', action: 'read', organization: ({ query }) => query.org_slug },
  params: noParams,
  query: z.object({ org_slug: z.string().min(1).max(63) }),
  body: noBody,
  result: z.object({ total_apps: z.int(), apps: z.array(appAnswer) }),
  async handle({ api, target: { organization } }) {
    const rows = await api.source
      .getRepository(AppRow)
      .find({ where: { organization, deleted: false }, order: { name: 'ASC' }, take: MOST });
    return { total_apps: rows.length, apps: await appAnswers(api.source, rows) };
  },
});
