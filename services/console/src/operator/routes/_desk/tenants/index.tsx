import { createFileRoute } from '@tanstack/react-router';
import { tenantSearch } from '../../../features/tenants/list/search';
import { TenantList } from '../../../features/tenants/list/TenantList';

export const Route = createFileRoute('/_desk/tenants/')({
  validateSearch: tenantSearch,
  component: TenantList,
});
