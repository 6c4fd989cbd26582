export * from './sixpn/address.js';
