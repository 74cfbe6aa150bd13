/** Above every page, while operators are about to give the owner another way in. */
import { lazy, Suspense } from 'react';
import { useMe } from './session';

const RecoveryNotice = lazy(() => import('./RecoveryNotice'));

export function RecoveryStrip() {
  const { recovery_under_way: underWay, support } = useMe();
  if (!underWay || support) return null;
  return (
    <Suspense fallback={null}>
      <RecoveryNotice />
    </Suspense>
  );
}
