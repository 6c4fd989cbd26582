/**
 * What every token of this platform names as the place that verifies it. No address: existing clients look for exactly this text and
 * drop tokens that name another.
 */
export const PERMISSION_LOCATION = 'https://api.fly.io/v1';
