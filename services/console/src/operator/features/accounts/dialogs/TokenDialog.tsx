/** A token to be made, and its secret. */
import { lazy } from 'react';
import { SecretDialog } from '~/ui/SecretDialog';

const MakeToken = lazy(() => import('./MakeToken'));
const TokenMade = lazy(() => import('./TokenMade'));

export function TokenDialog({ onClose }: { onClose: () => void }) {
  return <SecretDialog what="token" Make={MakeToken} Made={TokenMade} onClose={onClose} />;
}
