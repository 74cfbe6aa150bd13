import { createFileRoute } from '@tanstack/react-router';
import { EndpointList } from '~/features/endpoints/list/EndpointList';
import { listSearch } from '~/features/endpoints/list/search';

export const Route = createFileRoute('/_app/endpoints/')({
  validateSearch: listSearch,
  component: EndpointList,
});
