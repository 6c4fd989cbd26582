/**
 * Why a caveat says no. `unspecified`: the access names nothing of the kind that the caveat is about (only then does `IfPresent`
 * pass it over). `bad_caveat`: nobody can say what the caveat means.
 */
export interface Prohibition {
  readonly reason: 'unspecified' | 'unauthorized' | 'invalid_access' | 'bad_caveat';
  readonly message: string;
}

export const prohibited = (reason: Prohibition['reason'], message: string): Prohibition => ({
  reason,
  message,
});
