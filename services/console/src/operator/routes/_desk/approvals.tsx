import { createFileRoute } from '@tanstack/react-router';
import { Approvals } from '../../features/approvals/Approvals';
import { approvalSearch } from '../../features/approvals/search';

export const Route = createFileRoute('/_desk/approvals')({
  validateSearch: approvalSearch,
  component: Approvals,
});
