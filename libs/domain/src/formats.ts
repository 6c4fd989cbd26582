const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a name can be a label of a host name (RFC 1123 §2.1), in lower case. */
export const isDnsLabel = (name: string): boolean => DNS_LABEL.test(name);

/** Whether a number fits where macaroon caveats and 6PN addresses hold it: whole, positive, below 2^31. */
export const isShortNumber = (value: number): boolean =>
  Number.isInteger(value) && value > 0 && value < 2 ** 31;
