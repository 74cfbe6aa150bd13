import { createFileRoute } from '@tanstack/react-router';
import { AuditLog } from '~/features/audit/AuditLog';
import { auditSearch } from '~/features/audit/search';

export const Route = createFileRoute('/_app/settings/audit')({
  validateSearch: auditSearch,
  component: AuditLog,
});
