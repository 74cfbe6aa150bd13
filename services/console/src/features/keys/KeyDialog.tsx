/** A key to be made, and its secret. */
import { lazy } from 'react';
import { SecretDialog } from '~/ui/SecretDialog';

const MakeKey = lazy(() => import('./MakeKey'));
const KeyMade = lazy(() => import('./KeyMade'));

export function KeyDialog({ onClose }: { onClose: () => void }) {
  return <SecretDialog what="key" Make={MakeKey} Made={KeyMade} onClose={onClose} />;
}
