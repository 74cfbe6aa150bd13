/** What operators, and the platform on its own, did. */
import { Button } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { $api } from '../../api/client';
import { FindField } from '../FindField';
import { given } from '../given';
import { useSession } from '../identity/session';
import { Pager } from '../Pager';
import { usePager } from '../pager';
import { Waiting } from '../Waiting';
import { Deeds } from './Deeds';
import classes from './Deeds.module.css';
import type { AuditSearch } from './search';

const PAGE_SIZE = 50;
const route = getRouteApi('/_desk/audit');

export function AuditLog() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { operator } = useSession();
  const pager = usePager<AuditSearch>(
    search,
    (next, state) => void navigate({ search: next, state }),
  );
  const list = $api.useQuery(
    'get',
    '/api/v1/audit',
    { params: { query: { limit: PAGE_SIZE, ...given(search) } } },
    { placeholderData: keepPreviousData },
  );
  const own = search.actor === operator.id;
  return (
    <Page eyebrow={search.tenant ? 'One organisation' : 'Platform'} title="Audit">
      <search className={classes.toolbar} aria-label="Audit">
        <FindField
          label="Find by action, subject, reason or operator"
          className={classes.find}
          settled={search.q ?? ''}
          onFind={(q) => pager.restart({ q })}
        />
        <Button
          variant={own ? 'filled' : 'default'}
          aria-pressed={own}
          onClick={() => pager.restart({ actor: own ? undefined : operator.id })}
        >
          Mine only
        </Button>
        {search.tenant && (
          <Button variant="default" onClick={() => pager.restart({ tenant: undefined })}>
            Of all organisations
          </Button>
        )}
      </search>
      <div className="sheet">
        {list.isError && !list.data ? (
          <FailurePart error={list.error} retry={list.refetch} />
        ) : !list.data ? (
          <Waiting label="Loading the audit log" />
        ) : list.data.items.length === 0 ? (
          <Notice
            title="Nothing matches"
            action={
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                Show everything
              </Button>
            }
          >
            No act fits this search and filter.
          </Notice>
        ) : (
          <Deeds label="Acts" deeds={list.data.items} />
        )}
      </div>
      <Pager
        onPrevious={pager.previous}
        onNext={list.data?.next_cursor ? pager.next(list.data.next_cursor) : undefined}
      />
    </Page>
  );
}
