import { createFileRoute } from '@tanstack/react-router';
import { EndpointDetail } from '~/features/endpoints/detail/EndpointDetail';
import { detailSearch } from '~/features/endpoints/detail/search';

export const Route = createFileRoute('/_app/endpoints/$id')({
  validateSearch: detailSearch,
  component: function EndpointRoute() {
    const { id } = Route.useParams();
    return <EndpointDetail key={id} id={id} />;
  },
});
