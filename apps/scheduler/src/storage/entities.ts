import type { AppId, HostId, OrganizationId, TokenId } from '@bulkhead/domain';
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

@Entity('host')
export class HostRow {
  @PrimaryColumn('text') id!: HostId;
  @Column('text') name!: string;
  @Column('int') number!: number;
  @Column('text') region!: string;
  @Column('jsonb') labels!: Record<string, string>;
  @Column('text') status!: 'ready' | 'lost' | 'removed';
  @Column('boolean') cordoned!: boolean;
  @Column('float8') cpus!: number;
  @Column('float8', { name: 'memory_mb' }) memoryMb!: number;
  @Column('float8', { name: 'disk_mb' }) diskMb!: number;
  @Column('float8', { name: 'used_cpus' }) usedCpus!: number;
  @Column('float8', { name: 'used_memory_mb' }) usedMemoryMb!: number;
  @Column('float8', { name: 'used_disk_mb' }) usedDiskMb!: number;
}

@Entity('lease')
export class LeaseRow {
  @PrimaryColumn('text') machine!: string;
  @Column('text') nonce!: string;
  @Column('text') owner!: string;
  @Column('text') description!: string;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('text') version!: string;
}

export const ENTITIES = [AppRow, TokenRow, IdentityRow, HostRow, LeaseRow];
