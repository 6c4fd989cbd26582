import type { Sql } from '@bulkhead/journal';

/** How far a witness has followed the log. */
export interface WitnessState {
  /** Entries of the last head it took. */
  readonly size: number;
  readonly acceptedAt: Date | null;
  /** Why it did not take the last one that it was sent. */
  readonly problem: string | null;
  /** It has seen what the log no longer says. */
  readonly contradicts: boolean;
}

const UNKNOWN: WitnessState = { size: 0, acceptedAt: null, problem: null, contradicts: false };

export async function witnessState(sql: Sql, url: string): Promise<WitnessState> {
  const [row] = await sql.query<{
    size: string;
    accepted_at: Date | null;
    problem: string | null;
    contradicts: boolean;
  }>('select size, accepted_at, problem, contradicts from witness where url = $1', [url]);
  if (!row) return UNKNOWN;
  return {
    size: Number(row.size),
    acceptedAt: row.accepted_at,
    problem: row.problem,
    contradicts: row.contradicts,
  };
}

export const keepWitnessState = async (
  sql: Sql,
  url: string,
  { size, acceptedAt, problem, contradicts }: WitnessState,
): Promise<void> =>
  void (await sql.query(
    `insert into witness (url, size, accepted_at, problem, contradicts) values ($1, $2, $3, $4, $5)
     on conflict (url) do update set size = excluded.size, accepted_at = excluded.accepted_at,
       problem = excluded.problem, contradicts = excluded.contradicts`,
    [url, size, acceptedAt, problem, contradicts],
  ));
