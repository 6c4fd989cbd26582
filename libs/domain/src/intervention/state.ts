/** What operators do to the platform's own records, beside what any user may wish. */
export type InterventionAction =
  'retry-parked' | 'discard-parked' | 'swap-projection' | 'adopt-surplus' | 'start-epoch';

export interface Intervention {
  /** The aggregate's id. */
  readonly intervention: string;
  readonly action: InterventionAction;
  /** The service whose records it is about. */
  readonly service: string;
  /** A reader and what it parked, or a projection; empty where the service says it all. */
  readonly subject: string;
}

export type InterventionState =
  { readonly status: 'absent' } | ({ readonly status: 'ordered' } & Intervention);
