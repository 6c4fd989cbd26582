import { RetryableError, TerminalError } from '@bulkhead/contracts';

/** Why an image can never be used as it is: asking again gives the same answer. */
export type ImageRefusal =
  | 'image_reference_invalid'
  | 'image_not_found'
  | 'image_unauthorized'
  | 'image_platform_missing'
  | 'image_manifest_invalid'
  | 'image_unsupported'
  | 'image_digest_mismatch'
  | 'image_layer_invalid'
  | 'image_layer_unsafe'
  | 'image_too_large'
  | 'registry_forbidden';

/** What may pass when asked again later. */
export type ImageSetback = 'registry_unreachable' | 'registry_rate_limited' | 'image_cache_full';

export const refused = (code: ImageRefusal, message: string, cause?: unknown): TerminalError =>
  new TerminalError(code, message, { cause });

/** What Node's own errors say in `code`: `ENOENT`, `Z_DATA_ERROR`; empty where an error has none. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

export const delayed = (
  code: ImageSetback,
  message: string,
  { delayMs = 5_000, cause }: { delayMs?: number; cause?: unknown } = {},
): RetryableError => new RetryableError(code, message, delayMs, { cause });
