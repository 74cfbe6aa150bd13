/** What can be done to operators. The forms load on first use. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useNarrow } from '~/ui/useNarrow';
import type { Account, Enrollment } from '../../../api/model';

const CreateOperator = lazy(() => import('./CreateOperator'));
const ChangeRole = lazy(() => import('./ChangeRole'));
const Disable = lazy(() => import('./Disable'));
const ResetTotp = lazy(() => import('./ResetTotp'));
const Enrolled = lazy(() => import('./Enrolled'));

export type Asked =
  | { kind: 'create' }
  | { kind: 'role'; account: Account }
  | { kind: 'disable'; account: Account }
  | { kind: 'reset'; account: Account };

const titleOf = (asked: Asked): string =>
  asked.kind === 'create'
    ? 'Add operator'
    : `${{ role: 'Role of', disable: 'Disable', reset: 'Reset the app of' }[asked.kind]} ${asked.account.name}`;

export function AccountDialogs({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const narrow = useNarrow();
  const [enrollment, setEnrollment] = useState<Enrollment | null>(null);
  return (
    <Modal
      opened
      onClose={onClose}
      size={520}
      fullScreen={narrow}
      // The secret is shown once: nobody closes it by a slip.
      closeOnClickOutside={!enrollment}
      closeOnEscape={!enrollment}
      withCloseButton={!enrollment}
      title={enrollment ? 'Authenticator app' : titleOf(asked)}
    >
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {enrollment ? (
          <Enrolled enrollment={enrollment} onDone={onClose} />
        ) : asked.kind === 'create' ? (
          <CreateOperator onMade={setEnrollment} onCancel={onClose} />
        ) : asked.kind === 'role' ? (
          <ChangeRole account={asked.account} onDone={onClose} />
        ) : asked.kind === 'disable' ? (
          <Disable account={asked.account} onDone={onClose} />
        ) : (
          <ResetTotp account={asked.account} onMade={setEnrollment} onCancel={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
