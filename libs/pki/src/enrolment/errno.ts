/** Whether an error is of the system and has this code, such as ENOENT. */
export const hasErrno = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
