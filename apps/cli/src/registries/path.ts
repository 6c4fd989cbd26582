export const registriesPath = (organization: string, ...rest: readonly string[]) =>
  [
    '/api/v1/organizations',
    encodeURIComponent(organization),
    'registries',
    ...rest.map(encodeURIComponent),
  ].join('/');
