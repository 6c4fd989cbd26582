import type { Field } from '../http1/fields.js';

/** One year, as browsers' lists ask for. Subdomains are other apps, so they aren't named. */
const HSTS = 'max-age=31536000';

/** What a client gets: the app's own fields, the request's id, and HSTS where the app's configuration wants it. */
export function responseFields(sent: readonly Field[], requestId: string, hsts: boolean): Field[] {
  const fields = sent.filter(
    ({ lower }) =>
      lower !== 'server' && lower !== 'fly-request-id' && !(hsts && lower === 'strict-transport-security'),
  );
  fields.push({ name: 'Server', lower: 'server', value: 'bulkhead' });
  fields.push({ name: 'Fly-Request-Id', lower: 'fly-request-id', value: requestId });
  if (hsts)
    fields.push({ name: 'Strict-Transport-Security', lower: 'strict-transport-security', value: HSTS });
  return fields;
}
