import type {
  AppId,
  HostId,
  InstanceId,
  JoinedHost,
  LivingMachine,
  MachineId,
  MachineStatus,
  OrganizationId,
  TokenId,
} from '@bulkhead/domain';
import type { Actor, OrganizationScope } from '@bulkhead/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Positions and the like: far below 2^53, though Postgres hands them out as text. */
const count = { to: (value: number) => value, from: (text: string) => Number(text) };

/** What the api's own journal says of organizations, apps and tokens. Rows are written by the projection alone. */
@Entity('organization')
export class OrganizationRow {
  @PrimaryColumn('text') id!: OrganizationId;
  @Column('text') slug!: string;
  @Column('int') number!: number;
  @Column('text') kind!: 'personal' | 'shared';
  @Column('int', { name: 'network_id' }) networkId!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('boolean') deleted!: boolean;
}

@Entity('app')
export class AppRow {
  @PrimaryColumn('text') id!: AppId;
  @Column('text') organization!: OrganizationId;
  @Column('text') name!: string;
  @Column('int') number!: number;
  @Column('text') network!: string;
  @Column('int', { name: 'network_id' }) networkId!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('boolean') deleted!: boolean;
}

@Entity('token')
export class TokenRow {
  @PrimaryColumn('text') id!: TokenId;
  @Column('text') name!: string;
  /** Null for a platform token. */
  @Column('text', { nullable: true }) organization!: OrganizationId | null;
  @Column('text', { nullable: true }) access!: 'full' | 'read' | null;
  @Column('text') sha256!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
}

/** What the scheduler's journal says of a machine. `state` is the domain's, the last living one of a destroyed machine. */
@Entity('machine')
export class MachineRow {
  @PrimaryColumn('text') id!: MachineId;
  @Column('text') organization!: OrganizationId;
  @Column('text') app!: AppId;
  @Column('text') name!: string;
  @Column('text') region!: string;
  @Column('text') status!: Exclude<MachineStatus, 'absent'>;
  @Column('text') instance!: InstanceId;
  @Column('text', { nullable: true }) host!: HostId | null;
  @Column('jsonb') state!: LivingMachine;
  @Column('int') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}

@Entity('host')
export class HostRow {
  @PrimaryColumn('text') id!: HostId;
  @Column('text') name!: string;
  @Column('text') region!: string;
  @Column('text') status!: 'ready' | 'lost' | 'removed';
  @Column('jsonb') state!: JoinedHost;
  @Column('int') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}

/** One event of a journal, as it stands there: sealed fields stay sealed. */
abstract class EventRow {
  @PrimaryColumn('bigint', { transformer: count }) position!: number;
  /** Its place within the envelope. */
  @PrimaryColumn('int') place!: number;
  @Column('text') envelope!: string;
  @Column('timestamptz', { name: 'recorded_at' }) recordedAt!: Date;
  @Column('timestamptz', { name: 'occurred_at' }) occurredAt!: Date;
  @Column('text') aggregate!: string;
  @Column('int') version!: number;
  @Column('text') organization!: OrganizationScope;
  @Column('jsonb') actor!: Actor;
  @Column('text') command!: string;
  @Column('text', { nullable: true }) trace!: string | null;
  @Column('text') type!: string;
  @Column('jsonb') data!: Record<string, unknown>;
}

@Entity('api_event')
export class ApiEventRow extends EventRow {}

@Entity('scheduler_event')
export class SchedulerEventRow extends EventRow {}

export const ENTITIES = [
  OrganizationRow,
  AppRow,
  TokenRow,
  MachineRow,
  HostRow,
  ApiEventRow,
  SchedulerEventRow,
] as const;
