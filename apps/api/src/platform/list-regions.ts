import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { hostRows } from '../hosts/list-hosts.js';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';

export const regionAnswer = z.object({
  code: z.string(),
  name: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  gateway_available: z.boolean(),
  requires_paid_plan: z.boolean(),
  deprecated: z.boolean(),
});
export type RegionAnswer = z.input<typeof regionAnswer>;

/** Regions are where hosts are; operators name them and nobody has told where on earth they lie. */
export async function regionsOf(source: DataSource): Promise<RegionAnswer[]> {
  const hosts = await hostRows(source, false);
  const codes = [...new Set(hosts.map(({ region }) => region))].toSorted();
  return codes.map((code) => ({
    code,
    name: code,
    latitude: 0,
    longitude: 0,
    gateway_available: false,
    requires_paid_plan: false,
    deprecated: false,
  }));
}

export const listRegions = operation({
  name: 'platform.regions',
  summary: 'List the regions in which there are hosts',
  method: 'GET',
  path: '/v1/platform/regions',
  access: { on: 'caller', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({ regions: z.array(regionAnswer), nearest: z.string() }),
  async handle({ api }) {
    const regions = await regionsOf(api.source);
    return { regions, nearest: regions[0]?.code ?? '' };
  },
});
