import { createFileRoute } from '@tanstack/react-router';
import { Networks } from '../../features/networks/Networks';
import { networkSearch } from '../../features/networks/search';

export const Route = createFileRoute('/_desk/networks')({
  validateSearch: networkSearch,
  component: Networks,
});
