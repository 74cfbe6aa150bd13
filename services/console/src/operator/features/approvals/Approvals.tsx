/** What one operator asks for and another one decides about. */
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { toast } from '~/app/toasts';
import { plural } from '~/format/numbers';
import { formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { $api, api } from '../../api/client';
import type { Approval, Verb } from '../../api/model';
import { given } from '../given';
import { useCan, useSession } from '../identity/session';
import { Pager } from '../Pager';
import { usePager } from '../pager';
import { refreshTenants } from '../tenants/queries';
import { MEANING, VERBS } from '../tenants/state';
import { Waiting } from '../Waiting';
import classes from './Approvals.module.css';
import type { ApprovalSearch } from './search';

const PAGE_SIZE = 50;
const route = getRouteApi('/_desk/approvals');

export function Approvals() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const pager = usePager<ApprovalSearch>(
    search,
    (next, state) => void navigate({ search: next, state }),
  );
  const list = $api.useQuery('get', '/api/v1/approvals', {
    params: { query: { limit: PAGE_SIZE, ...given(search) } },
  });
  return (
    <Page
      eyebrow="Platform"
      title="Approvals"
      actions={
        <SegmentedControl
          aria-label="Which requests"
          data={[
            { value: 'pending', label: 'Waiting' },
            { value: 'all', label: 'All' },
          ]}
          value={search.state ?? 'pending'}
          onChange={(state) => pager.restart({ state: state === 'all' ? 'all' : undefined })}
        />
      }
    >
      <div className="sheet">
        {list.isError && !list.data ? (
          <FailurePart error={list.error} retry={list.refetch} />
        ) : !list.data ? (
          <Waiting label="Loading requests" />
        ) : list.data.items.length === 0 ? (
          <Nothing all={search.state === 'all'} />
        ) : (
          <ul className={classes.requests} aria-label="Requests">
            {list.data.items.map((approval) => (
              <Request key={approval.id} approval={approval} />
            ))}
          </ul>
        )}
      </div>
      <Pager
        onPrevious={pager.previous}
        onNext={list.data?.next_cursor ? pager.next(list.data.next_cursor) : undefined}
      />
    </Page>
  );
}

function Nothing({ all }: { all: boolean }) {
  const off = useSession().approval === 'off';
  return (
    <Notice title={all ? 'Nothing was ever asked' : 'Nothing waits'}>
      {off
        ? 'On this platform nothing takes a second operator. SIGNALBOX_OPERATOR_APPROVAL=destructive changes that.'
        : 'Deletions, recoveries of owners, and several organisations stopped at once appear here until another operator decides.'}
    </Notice>
  );
}

const labelOf = (verb: string): string => {
  if (verb === 'recover') return 'Recover the owner';
  const known: Verb | undefined = VERBS.find((each) => each === verb);
  return known ? MEANING[known].label : verb;
};

function Request({ approval }: { approval: Approval }) {
  const { verb, state, reason, tenants, requested_by: by, decided_by: decider } = approval;
  return (
    <li className={classes.request}>
      <div className={classes.head}>
        <strong>
          {labelOf(verb)}: {plural(tenants.length, 'organisation')}
        </strong>
        <span className={classes.state} data-state={state}>
          {state === 'pending' ? `waits until ${formatInstant(approval.expires_at)}` : state}
        </span>
      </div>
      <ul className={classes.tenants} aria-label="Organisations">
        {tenants.map(({ id, slug, outcome }) => (
          <li key={id}>
            <Link to="/tenants/$id" params={{ id }}>
              {slug ?? id}
            </Link>
            {outcome && outcome !== 'done' && `: ${outcome.replaceAll('_', ' ')}`}
          </li>
        ))}
      </ul>
      {reason && <div className="wrap">{reason}</div>}
      <div className={classes.small}>
        asked by <span className="wrap">{by.email}</span> <Ago at={approval.requested_at} />
        {decider && (
          <>
            , {state} by <span className="wrap">{decider.email}</span>
          </>
        )}
      </div>
      {state === 'pending' && <Decision approval={approval} />}
    </li>
  );
}

function Decision({ approval }: { approval: Approval }) {
  const queryClient = useQueryClient();
  const { operator } = useSession();
  const manages = useCan('tenants_manage');
  const own = approval.requested_by.id === operator.id;
  const params = { params: { path: { id: approval.id } } };
  const refresh = () => refreshTenants(queryClient);
  const approve = useMutation({
    mutationFn: () => api.POST('/api/v1/approvals/{id}/approve', params),
    onSuccess: ({ data }) => {
      const refused = data?.tenants.filter(({ outcome }) => outcome !== 'done').length ?? 0;
      toast(refused ? `Approved; ${plural(refused, 'organisation')} refused` : 'Approved and done');
    },
    onSettled: refresh,
  });
  const reject = useMutation({
    mutationFn: () => api.POST('/api/v1/approvals/{id}/reject', params),
    onSuccess: () => toast(own ? 'Taken back' : 'Rejected'),
    onSettled: refresh,
  });
  if (!manages) return null;
  return (
    <Group gap="xs" mt={8}>
      {!own && (
        <Button color="down" loading={approve.isPending} onClick={() => approve.mutate()}>
          Approve and {labelOf(approval.verb).toLowerCase()}
        </Button>
      )}
      <Button variant="default" loading={reject.isPending} onClick={() => reject.mutate()}>
        {own ? 'Take back' : 'Reject'}
      </Button>
    </Group>
  );
}
