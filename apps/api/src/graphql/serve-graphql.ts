import type { Logger } from '@bulkhead/platform';
import type { FastifyInstance } from 'fastify';
import type { Api } from '../api.js';

export async function serveGraphql(_server: FastifyInstance, _api: Api, _logger: Logger): Promise<void> {}
