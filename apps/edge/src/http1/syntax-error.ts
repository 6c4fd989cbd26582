/** Why a message was refused. Stable: metrics and logs carry it. */
export type SyntaxFault =
  | 'bare_lf'
  | 'head_too_large'
  | 'too_many_fields'
  | 'bad_request_line'
  | 'bad_method'
  | 'method_not_served'
  | 'bad_target'
  | 'bad_version'
  | 'bad_status_line'
  | 'bad_field'
  | 'bad_host'
  | 'bad_connection'
  | 'bad_content_length'
  | 'bad_transfer_encoding'
  | 'length_and_encoding'
  | 'bad_expectation'
  | 'bad_chunk'
  | 'unasked_upgrade';

const STATUS: Partial<Record<SyntaxFault, number>> = {
  head_too_large: 431,
  too_many_fields: 431,
  method_not_served: 501,
  bad_version: 505,
  bad_expectation: 417,
};

/** A message that can't be framed beyond doubt. Its connection is never used again. */
export class HttpSyntaxError extends Error {
  /** What a client that sent it is answered with. */
  readonly status: number;

  constructor(readonly fault: SyntaxFault) {
    super(`refused: ${fault}`);
    this.name = 'HttpSyntaxError';
    this.status = STATUS[fault] ?? 400;
  }
}
