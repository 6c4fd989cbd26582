/** A host name's certificate chain and private key, as PEM. */
export interface HostCertificate {
  readonly chain: string;
  readonly privateKey: string;
  readonly notAfter: Date;
}

/** Where the edge gets certificates of host names; undefined where there is none, and TLS is refused. */
export interface CertificateSource {
  certificateFor(hostname: string): Promise<HostCertificate | undefined>;
}
