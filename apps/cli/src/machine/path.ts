/** Path of an app's machines, of one of them, or of what belongs to it. */
export const machinePath = (app: string, ...rest: readonly string[]) =>
  ['/v1/apps', encodeURIComponent(app), 'machines', ...rest.map(encodeURIComponent)].join('/');
