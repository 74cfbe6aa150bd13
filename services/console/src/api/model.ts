/** Short names for the generated shapes. */
import type { components, operations } from './schema.gen';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<
  operations[Operation]['parameters']['query']
>;

export type Endpoint = Schemas['EndpointView'];
export type EndpointInput = Schemas['CreateEndpoint'];
export type EndpointState = Endpoint['state'];
export type CheckResult = Schemas['CheckResult'];
export type ResultPage = Schemas['ResultPage'];
export type Outcome = CheckResult['outcome'];
export type Timings = CheckResult['timings'];
export type SummaryItem = Schemas['SummaryItem'];
export type Bar = SummaryItem['bars'][number];
export type StateTotals = Schemas['SummaryView']['totals'];
export type Window = Schemas['SummaryView']['window'];
export type LatencyPoint = Schemas['LatencyView']['points'][number];
export type OpenSession = Schemas['OpenSessionView'];
export type Member = Schemas['MemberView'];
export type OpenInvitation = Schemas['InvitationView'];
export type OwnershipOffer = Schemas['OfferView'];
export type InvitationPreview = Schemas['InvitationPreview'];
export type SupportSettings = Schemas['SupportSettings'];
export type SupportLook = Schemas['SupportLook'];
export type Passkey = Schemas['PasskeyView'];
export type ProofKind = Schemas['ProofKind'];
export type SignInPolicy = Schemas['SignInPolicyView'];
export type SignInRules = Schemas['SignInRules'];
export type SignInMethod = Schemas['SignInMethod'];
export type SignInEffects = Schemas['SignInPolicyEffects'];
export type ApiKey = Schemas['ApiKeyView'];
export type Me = Schemas['Me'];
export type Permission = Me['permissions'][number];
export type Role = Me['user']['role'];
export type EndpointSort = NonNullable<Query<'list_endpoints'>['sort']>;
export type AuditPage = Schemas['AuditLogPage'];
export type AuditEntry = Schemas['AuditLogEntry'];
export type AuthLogPage = Schemas['AuthLogPage'];
export type AuthLogEntry = Schemas['AuthLogEntry'];
export type SignInPage = Schemas['SignInPage'];
export type SignInEntry = Schemas['SignInView'];
export type AuditVerification = Schemas['AuditVerification'];
