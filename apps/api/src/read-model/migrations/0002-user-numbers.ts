import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where the numbers come from by which caveats name users. */
export class UserNumbers1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence user_number maxvalue 2147483647');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop sequence user_number');
  }
}
