import type { HostId } from '../ids.js';

export interface Silence {
  readonly host: HostId;
  readonly lost: boolean;
  /** How long the host has been silent while scheduler and bus were up, in ms. */
  readonly silentMs: number;
}

export interface LossVerdict {
  readonly lost: readonly HostId[];
  /** More than half of all hosts are silent or lost: then it is likelier us, and nothing is placed again. */
  readonly hold: boolean;
}

/** Which hosts are lost now that weren't, and whether their machines may be placed again. */
export function judgeSilence(hosts: readonly Silence[], hostLostAfterMs: number): LossVerdict {
  const isSilent = ({ silentMs }: Silence) => silentMs >= hostLostAfterMs;
  const gone = hosts.filter((host) => host.lost || isSilent(host));
  return {
    lost: hosts.filter((host) => !host.lost && isSilent(host)).map(({ host }) => host),
    hold: gone.length * 2 > hosts.length,
  };
}
