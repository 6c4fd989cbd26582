/*
 * Tokens that their holders can narrow, byte for byte those of superfly/macaroon. Read in this order: macaroon (what a token is),
 * third-party, verify (do its signatures hold?), signature-cache; then caveats/: access, kind, resources, if-present, clear (do its
 * caveats allow this?). Above caveats/ nothing knows what a caveat means.
 */
export { CAVEAT } from './caveat-types.js';
export { bytesOf, caveatsOf, type Caveat } from './caveat.js';
export { MacaroonError, type MacaroonProblem } from './error.js';
export { headerOf, isMacaroon, macaroonsIn, parse, textOf } from './header.js';
export { PERMISSION_LOCATION } from './location.js';
export { attenuate, decode, encode, mint, type Macaroon } from './macaroon.js';
export { uuidOf, type Nonce } from './nonce.js';
export { newKey } from './signature.js';
export { SignatureCache } from './signature-cache.js';
export * from './third-party.js';
export { TokenVerifier, type SignatureAuthority } from './token-verifier.js';
export { verify, type Verified, type VerifyOptions } from './verify.js';
export * from './caveats/index.js';
