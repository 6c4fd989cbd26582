import { RetryableError } from '@bulkhead/contracts/errors';
import type { CertificateSource, HostCertificate } from '../tls/certificate-source.js';
import type { CertificateAnswer } from './thread-messages.js';

interface Waiting {
  readonly resolve: (certificate: HostCertificate | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** A thread's way to the certificates, which only the control side holds. */
export class RemoteCertificates implements CertificateSource {
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;

  constructor(private readonly ask: (question: number, hostname: string) => void) {}

  certificateFor(hostname: string): Promise<HostCertificate | undefined> {
    return new Promise((resolve, reject) => {
      const question = this.questions++;
      this.waiting.set(question, { resolve, reject });
      this.ask(question, hostname);
    });
  }

  answer(question: number, answer: CertificateAnswer): void {
    const waiting = this.waiting.get(question);
    this.waiting.delete(question);
    switch (answer.kind) {
      case 'found':
        return waiting?.resolve(answer.certificate);
      case 'none':
        return waiting?.resolve(undefined);
      case 'failed':
        return waiting?.reject(new RetryableError('certificate_unavailable', answer.message, 1000));
    }
  }
}
