/** In the place of everything behind the sign-in, while the organisation waits for somebody's second factor. */
import { Loader } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { ProveAgain } from './ProveAgain';
import { useMe } from './session';

const SetUpSecondFactor = lazy(() => import('./SetUpSecondFactor'));

export function SecondFactorDue({ children }: { children: ReactNode }) {
  if (!useMe().second_factor_due) return children;
  return (
    <>
      <Suspense fallback={<Loader aria-label="Loading" />}>
        <SetUpSecondFactor />
      </Suspense>
      <ProveAgain />
    </>
  );
}
