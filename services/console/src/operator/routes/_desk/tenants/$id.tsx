import { createFileRoute } from '@tanstack/react-router';
import { TenantPage } from '../../../features/tenants/detail/TenantPage';

export const Route = createFileRoute('/_desk/tenants/$id')({
  component: function TenantRoute() {
    const { id } = Route.useParams();
    return <TenantPage key={id} id={id} />;
  },
});
