/** What can be asked of one organisation. The forms load on first use. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useNarrow } from '~/ui/useNarrow';
import type { TenantDetail, Verb } from '../../../../api/model';
import { MEANING } from '../../state';

const ChangeState = lazy(() => import('./ChangeState'));
const Rename = lazy(() => import('./Rename'));
const ChangePlan = lazy(() => import('./ChangePlan'));
const AddDomain = lazy(() => import('./AddDomain'));
const LookInside = lazy(() => import('./LookInside'));
const RecoverOwner = lazy(() => import('./RecoverOwner'));
const ChangeDomain = lazy(() => import('./ChangeDomain'));

export type Asked =
  | { kind: 'verb'; verb: Verb }
  | { kind: 'rename' }
  | { kind: 'plan' }
  | { kind: 'add-domain' }
  | { kind: 'look' }
  | { kind: 'recover' }
  | { kind: 'remove-domain'; host: string }
  | { kind: 'use-domain'; host: string };

const titleOf = (asked: Asked, name: string): string =>
  ({
    verb: () => `${asked.kind === 'verb' ? MEANING[asked.verb].label : ''} ${name}`,
    rename: () => `Rename ${name}`,
    plan: () => `Plan of ${name}`,
    'add-domain': () => `A domain for ${name}`,
    look: () => `Look inside ${name}`,
    recover: () => `Recover the owner of ${name}`,
    'remove-domain': () => 'Release a domain',
    'use-domain': () => 'Sign in at another address',
  })[asked.kind]();

interface TenantDialogsProps {
  asked: Asked;
  detail: TenantDetail;
  onClose: () => void;
}

export function TenantDialogs({ asked, detail: { tenant }, onClose }: TenantDialogsProps) {
  const narrow = useNarrow();
  const name = tenant.slug ?? tenant.id;
  return (
    <Modal opened onClose={onClose} size={520} fullScreen={narrow} title={titleOf(asked, name)}>
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {asked.kind === 'verb' && (
          <ChangeState tenant={tenant} verb={asked.verb} onDone={onClose} />
        )}
        {asked.kind === 'rename' && <Rename tenant={tenant} onDone={onClose} />}
        {asked.kind === 'plan' && <ChangePlan tenant={tenant} onDone={onClose} />}
        {asked.kind === 'add-domain' && <AddDomain tenant={tenant} onDone={onClose} />}
        {asked.kind === 'look' && <LookInside tenant={tenant} onDone={onClose} />}
        {asked.kind === 'recover' && <RecoverOwner tenant={tenant} onDone={onClose} />}
        {(asked.kind === 'remove-domain' || asked.kind === 'use-domain') && (
          <ChangeDomain tenant={tenant} kind={asked.kind} host={asked.host} onDone={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
