import type { AppId, OrganizationId, TokenId } from '@bulkhead/domain';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('app')
export class AppRow {
  @PrimaryColumn('text') id!: AppId;
  @Column('text') organization!: OrganizationId;
  @Column('text') name!: string;
  @Column('int', { name: 'network_id' }) networkId!: number;
  @Column('boolean') deleted!: boolean;
}

@Entity('token')
export class TokenRow {
  @PrimaryColumn('text') id!: TokenId;
  /** Null for a token of the platform's operator. */
  @Column('text', { nullable: true }) organization!: OrganizationId | null;
  @Column('text', { nullable: true }) access!: 'full' | 'read' | null;
  @Column('text') sha256!: string;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column('boolean') revoked!: boolean;
}

@Entity('identity')
export class IdentityRow {
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') name!: string;
  /** X25519 public key, base64. */
  @Column('text', { name: 'seal_key', nullable: true }) sealKey!: string | null;
  @Column('boolean') removed!: boolean;
}

export const ENTITIES = [AppRow, TokenRow, IdentityRow];
