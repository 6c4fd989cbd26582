/** What the process ends with. Scripts may rely on these numbers; `machine exec` ends with the remote command's own code. */
export const EXIT = {
  ok: 0,
  /** A defect of this program, or something nobody foresaw. */
  unexpected: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  notFound: 3,
  /** No credential, or one that may not. */
  denied: 4,
  /** Understood and refused: a conflict, a quota, bad input. */
  refused: 5,
  /** No answer in time, or none at all; asking again may help. */
  unavailable: 6,
  /** The command worked and found something wrong: doctor, audit verify, replay. */
  foundProblems: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
