/** Short names for the generated shapes. */
import type { components, operations } from './schema.gen';

type Schemas = components['schemas'];

export type Session = Schemas['OperatorSession'];
export type Account = Schemas['OperatorAccount'];
export type Role = Schemas['OperatorRole'];
export type Permission = Schemas['OperatorPermission'];
export type Enrollment = Schemas['OperatorEnrollment'];
export type Tenant = Schemas['TenantItem'];
export type TenantDetail = Schemas['TenantDetail'];
export type OwnerRecovery = Schemas['OwnerRecovery'];
export type SupportLink = Schemas['SupportLink'];
export type Host = Schemas['HostView'];
export type Deed = Schemas['DeedView'];
export type Verb = Schemas['BulkVerb'];
export type BulkItem = Schemas['BulkItem'];
export type Approval = Schemas['Approval'];
export type ApprovalAsked = Schemas['ApprovalAsked'];
export type Token = Schemas['OperatorToken'];
export type Network = Schemas['Network'];
export type Verdict = Schemas['NetworkVerdict'];
export type PlanName = Schemas['PlanName'];
export type Standing = Schemas['Overview'];
export type TenantSort = NonNullable<
  NonNullable<operations['list_tenants']['parameters']['query']>['sort']
>;
