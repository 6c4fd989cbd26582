import { instanceRow, type InstanceRow } from '@bulkhead/contracts/feeds';
import { z } from 'zod';

const rowsFile = z.array(instanceRow);

/** Reads a JSON array of instance rows. @throws Error naming what doesn't fit. */
export const parseRows = (text: string): InstanceRow[] => rowsFile.parse(JSON.parse(text));

export const formatRows = (rows: readonly InstanceRow[]): string => `${JSON.stringify(rows)}\n`;
