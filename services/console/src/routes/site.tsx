/** Pages of the root host. The router's rewrite puts them at `/`, `/register` and `/login` there. */
import { createFileRoute, notFound } from '@tanstack/react-router';
import { hostKind } from '~/host';

export const Route = createFileRoute('/site')({
  beforeLoad: () => {
    if (hostKind() !== 'root') throw notFound();
  },
});
