/** One organisation, from all sides. */
import { Button, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '~/api/problem';
import { formatInstant } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { $api } from '../../../api/client';
import type { Tenant, TenantDetail } from '../../../api/model';
import { Deeds } from '../../audit/Deeds';
import { useCan } from '../../identity/session';
import { MEANING, verbsFor } from '../state';
import { type Asked, TenantDialogs } from './dialogs/TenantDialogs';
import { Facts } from './Facts';
import { Hosts } from './Hosts';
import { Recovery } from './Recovery';
import { SupportAccess } from './SupportAccess';
import classes from './TenantPage.module.css';

/** Acts that the API tells of here; the audit log has the rest. */
const TOLD = 50;

export function TenantPage({ id }: { id: string }) {
  const detail = $api.useQuery('get', '/api/v1/tenants/{id}', { params: { path: { id } } });
  const { tenant } = detail.data ?? {};
  if (detail.isError && !detail.data) {
    const gone = Problem.is(detail.error) && detail.error.status === 404;
    return (
      <Page eyebrow={<Link to="/tenants">Organisations</Link>} title="Organisation">
        <div className="sheet">
          {gone ? (
            <Notice title="No such organisation">
              Its data was dropped, or the address is wrong.
            </Notice>
          ) : (
            <FailurePart error={detail.error} retry={detail.refetch} />
          )}
        </div>
      </Page>
    );
  }
  if (!detail.data || !tenant) {
    return (
      <Page eyebrow="Organisations" title="Organisation">
        <Skeleton height={240} radius="sm" role="status" aria-label="Loading the organisation" />
      </Page>
    );
  }
  return <Loaded detail={detail.data} />;
}

function Loaded({ detail }: { detail: TenantDetail }) {
  const { tenant, hosts, timeline } = detail;
  const [asked, ask] = useState<Asked | null>(null);
  const manages = useCan('tenants_manage');
  const mayChange = manages && tenant.state !== 'deleted';
  return (
    <Page
      eyebrow={<Link to="/tenants">Organisations</Link>}
      title={tenant.name ?? tenant.slug ?? 'Deleted organisation'}
      actions={
        mayChange &&
        verbsFor(tenant.state).map((verb) => (
          <Button
            key={verb}
            variant="default"
            {...(MEANING[verb].destructive ? { c: 'var(--mantine-color-error)' } : {})}
            onClick={() => ask({ kind: 'verb', verb })}
          >
            {MEANING[verb].label}
          </Button>
        ))
      }
    >
      <Standing tenant={tenant} />
      <div className={classes.parts}>
        <Section
          title="Facts"
          actions={
            mayChange && (
              <>
                <Button variant="default" onClick={() => ask({ kind: 'rename' })}>
                  Rename
                </Button>
                <Button variant="default" onClick={() => ask({ kind: 'plan' })}>
                  Change plan
                </Button>
              </>
            )
          }
        >
          <Facts tenant={tenant} />
        </Section>
        <Section
          title="Hosts"
          flush
          actions={
            mayChange && (
              <Button variant="default" onClick={() => ask({ kind: 'add-domain' })}>
                Add a domain
              </Button>
            )
          }
        >
          <Hosts hosts={hosts} {...(mayChange ? { onAsk: ask } : {})} />
        </Section>
      </div>
      {tenant.state !== 'deleted' && (
        <>
          <SupportAccess detail={detail} onLook={() => ask({ kind: 'look' })} />
          <Recovery tenant={tenant} onBegin={() => ask({ kind: 'recover' })} />
        </>
      )}
      <Section
        title="Timeline"
        flush
        {...(timeline.length === TOLD ? { note: `the last ${TOLD}` } : {})}
        actions={
          <Link to="/audit" search={{ tenant: tenant.id }}>
            In the audit log
          </Link>
        }
      >
        {timeline.length === 0 ? (
          <Notice title="Nothing yet" order={3}>
            No operator has done anything to this organisation.
          </Notice>
        ) : (
          <Deeds label="Timeline" deeds={timeline} ofOne />
        )}
      </Section>
      {asked && <TenantDialogs asked={asked} detail={detail} onClose={() => ask(null)} />}
    </Page>
  );
}

/** What is out of the ordinary, above everything else. */
function Standing({ tenant: { state, state_reason, purge_at } }: { tenant: Tenant }) {
  if (state === 'active' || state === 'deleted') return null;
  const title = {
    read_only: 'Read only',
    suspended: 'Suspended',
    deleting: purge_at
      ? `All of its data is dropped on ${formatInstant(purge_at)}`
      : 'Being deleted',
  }[state];
  return (
    <Callout tone={state === 'deleting' ? 'down' : 'warn'} title={title ?? state}>
      {state_reason ?? 'No reason was given.'}
    </Callout>
  );
}
