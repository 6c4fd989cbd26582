export * from './identity/identity.js';
export * from './ca/certificate-authority.js';
export * from './ca/certificate-request.js';
export * from './ca/peer-certificate.js';
export * from './bus/bus-authority.js';
export * from './bus/permissions.js';
export * from './bus/server-settings.js';
export * from './seal/sealed-box.js';
