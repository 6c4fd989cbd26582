/** Why a token is no good, for whoever runs the service; callers are told nothing but that it is refused. */
export type MacaroonProblem =
  | 'malformed'
  | 'too_large'
  | 'wrong_location'
  | 'wrong_signature'
  | 'not_discharged'
  | 'proof_alone'
  | 'bound_to_another'
  | 'attestation_misplaced'
  | 'finalized'
  | 'duplicate_third_party'
  | 'ticket_unreadable';

/** A token or a ticket that can't be read, verified or attenuated. */
export class MacaroonError extends Error {
  constructor(
    readonly code: MacaroonProblem,
    message: string,
  ) {
    super(message);
    this.name = 'MacaroonError';
  }
}
