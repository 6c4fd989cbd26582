import type { OrganizationId, TokenId } from '@bulkhead/domain';
import { tokenId } from '@bulkhead/contracts';
import { LessThan, type DataSource } from 'typeorm';
import { z } from 'zod';
import { TokenRow } from '../read-model/entities.js';
import { decodeCursor, pageOf, type Page } from '../read-model/page.js';

const idKey = z.tuple([tokenId]);

/** An organization's tokens, newest first. */
export async function tokensPage(
  source: DataSource,
  organization: OrganizationId,
  { first, after }: { readonly first: number; readonly after?: string | undefined },
): Promise<Page<TokenRow>> {
  const before = after ? { id: LessThan<TokenId>(decodeCursor(idKey, after)[0]) } : {};
  const rows = await source
    .getRepository(TokenRow)
    .find({ where: { organization, ...before }, order: { id: 'DESC' }, take: first + 1 });
  return pageOf(rows, first, ({ id }) => [id]);
}
