/** Above every page, for whom the organisation is offered to. */
import { Link, useRouterState } from '@tanstack/react-router';
import { Callout } from '~/ui/Callout';
import { useMe } from './session';

export function OfferStrip() {
  const { ownership_offered: offered, organization, support } = useMe();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  if (!offered || support || pathname === '/ownership') return null;
  return (
    <Callout tone="warn" title={`${organization.name} is offered to you`}>
      You can become its owner. <Link to="/ownership">Look at the offer</Link>
    </Callout>
  );
}
