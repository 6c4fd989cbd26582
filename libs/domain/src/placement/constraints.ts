import { Refusal } from '../decider.js';

/** Metadata key that asks for hosts with labels: `disk=ssd,rack=4`. */
export const LABELS_METADATA = 'bulkhead_host_labels';
/** Metadata key that, set to `never`, keeps a machine on its host even if that is lost. */
export const REPLACE_METADATA = 'bulkhead_replace';

const LABEL = /^([A-Za-z0-9_.-]{1,63})=([A-Za-z0-9_.-]{1,63})$/;
const MOST_LABELS = 16;

type Metadata = Readonly<Record<string, string>>;

/** The labels a machine's metadata asks its host to have. @throws Refusal where they are not `name=value,…`. */
export function wantedLabels(metadata: Metadata = {}): Readonly<Record<string, string>> {
  const wanted = metadata[LABELS_METADATA];
  if (!wanted) return {};
  const pairs = wanted.split(',', MOST_LABELS + 1).map((pair) => LABEL.exec(pair.trim()));
  if (pairs.length > MOST_LABELS || pairs.includes(null))
    throw new Refusal(
      'invalid_labels',
      `metadata ${LABELS_METADATA} is a list of at most ${MOST_LABELS} name=value pairs`,
      422,
    );
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** Whether a machine may be placed again by itself when its host is lost. */
export const isReplaceable = (metadata: Metadata = {}): boolean => metadata[REPLACE_METADATA] !== 'never';
