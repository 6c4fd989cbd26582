import { notFound } from '@bulkhead/auth';
import { operation } from '../operations/operation.js';
import { appParams, noBody, noQuery } from '../operations/shapes.js';
import { AppRow } from '../read-model/entities.js';
import { appAnswer, appAnswers } from './app-answer.js';

export const getApp = operation({
  name: 'apps.get',
  summary: 'Show an app',
  method: 'GET',
  path: '/v1/apps/:app_name',
  access: { on: 'app', action: 'read', app: ({ params }) => params.app_name },
  params: appParams,
  query: noQuery,
  body: noBody,
  result: appAnswer,
  async handle({ api, target }) {
    const [answer] = await appAnswers(
      api.source,
      await api.source.getRepository(AppRow).findBy({ id: target.app }),
    );
    if (!answer) throw notFound('app');
    return answer;
  },
});
