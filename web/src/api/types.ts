import type { paths } from './schema';

type Json<T> = T extends { content: { 'application/json': infer J } } ? J : never;
type Answer<P extends keyof paths, M extends 'get' | 'post' | 'put'> = paths[P][M] extends {
  responses: { 200: infer R };
}
  ? Json<R>
  : never;
type Body<P extends keyof paths, M extends 'put' | 'post'> = paths[P][M] extends { requestBody?: infer R }
  ? Json<NonNullable<R>>
  : never;

export type Session = Answer<'/session', 'get'>;
export type Overview = Answer<'/overview', 'get'>;
export type Need = Overview['needs'][number];
export type Protection = Overview['protection'][number];
export type Rpo = Protection['rpo'][number];
export type Health = Protection['health'];
export type Run = Protection['runs'][number];
export type History = Answer<'/history', 'get'>;
export type DamageState = Answer<'/damage', 'get'>;
export type Attack = Answer<'/nodes/{name}/attack', 'get'>;
export type AttackedMachine = Attack['machine'];
export type InstantRecovery = Answer<'/instant-recoveries', 'get'>['recoveries'][number];
export type Growth = Answer<'/usage/history', 'get'>;
export type Activity = Answer<'/activity', 'get'>;
export type ReportSchedule = Body<'/report-schedule', 'put'>;
export type ScheduledReports = Answer<'/report-schedule', 'get'>;
export type Node = Answer<'/nodes', 'get'>['nodes'][number];
export type NodeDetail = Answer<'/nodes/{name}', 'get'>;
export type Task = Answer<'/tasks', 'get'>['tasks'][number];
export type TaskDetail = Answer<'/tasks/{id}', 'get'>;
export type Enrolment = Answer<'/nodes/tokens', 'post'>;
export type NamedPlan = Answer<'/plans', 'get'>['plans'][number];
export type Plan = Body<'/plans/{name}', 'put'>;
export type NamedPolicy = Answer<'/policies', 'get'>['policies'][number];
export type Policy = Body<'/policies/{name}', 'put'>;
export type Snapshot = Answer<'/snapshots', 'get'>['snapshots'][number];
export type FileSystems = Answer<'/snapshots/{id}/file-systems', 'get'>;
export type Entry = Answer<'/snapshots/{id}/files', 'get'>['entries'][number];
export type Version = Answer<'/search', 'get'>['versions'][number];
export type RestoreMonth = Answer<'/nodes/{name}/restore-points', 'get'>;
export type RestoreDay = RestoreMonth['days'][number];
export type RestoreCheck = Answer<'/snapshots/{id}/restore-check', 'post'>;
export type RestoreOrder = Body<'/snapshots/{id}/restore', 'post'>;
export type FileVersion = Answer<'/nodes/{name}/versions', 'get'>['versions'][number];
export type FilePreview = Answer<'/snapshots/{id}/preview', 'get'>;
export type RestorePlan = Answer<'/snapshots/{id}/restore-plan', 'post'>;
export type Settings = Answer<'/settings', 'get'>;
export type Certificate = Answer<'/certificate', 'get'>;
export type Machine = Answer<'/machine', 'get'>;
export type Prices = Body<'/prices', 'put'>;
export type StorageState = Answer<'/storage', 'get'>;
export type HardwareState = Answer<'/hardware', 'get'>;
export type HardwarePart = HardwareState['parts'][number];
export type Vault = Answer<'/vaults', 'get'>['vaults'][number];
export type VaultPolicy = Body<'/vaults/{name}/policy', 'put'>;
export type NewVault = Body<'/vaults/{name}', 'put'>;
export type TriedVault = Answer<'/vaults/{name}', 'put'>;
export type AlertChannel = Answer<'/alert-channels', 'get'>['channels'][number];
export type NewAlertChannel = Body<'/alert-channels/{name}', 'put'>;
export type RecoverySheet = Answer<'/recovery-sheet', 'post'>;
export type Calendar = Answer<'/plans/calendar', 'get'>;
export type SetupState = Answer<'/setup', 'get'>;
export type OpenPoint = SetupState['open'][number];
export type Event = Answer<'/events', 'get'>['events'][number];
export type AuditEntry = Answer<'/audit', 'get'>['entries'][number];
export type User = Answer<'/users', 'get'>['users'][number];
export type Role = Answer<'/users', 'get'>['roles'][number];
export type Token = Answer<'/tokens', 'get'>['tokens'][number];
