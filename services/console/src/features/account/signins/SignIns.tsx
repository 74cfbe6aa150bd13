/** How somebody's own account was tried, and who got in. */
import { Anchor, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '~/api/client';
import type { SignInPage } from '~/api/model';
import { NarrowSignIn, signInColumns } from '~/features/authlog/columns';
import { GoesOn } from '~/features/authlog/Pages';
import { DataTable } from '~/ui/DataTable';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';

const PATH = '/api/v1/me/sign-ins';
const PAGE_SIZE = 50;
/** The first page has no cursor. */
const FIRST = '';

export function SignIns() {
  const list = useInfiniteQuery({
    queryKey: ['get', PATH] as const,
    queryFn: async ({ pageParam, signal }): Promise<SignInPage> => {
      const query = { limit: PAGE_SIZE, ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await api.GET(PATH, { params: { query }, signal });
      return data ?? { items: [], next_cursor: null };
    },
    initialPageParam: FIRST,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = list.data?.pages.flatMap(({ items }) => items);
  return (
    <Page eyebrow="Your account" title="Sign-ins">
      <Text c="dimmed">
        Every try to get into your account. Where somebody got in who was not you,{' '}
        <Anchor inherit renderRoot={(props) => <Link {...props} to="/account/sessions" />}>
          end their session
        </Anchor>
        , then change your password.
      </Text>
      <GoesOn list={list} rows={rows}>
        {rows?.length === 0 ? (
          <Notice title="Nothing yet">
            The next time somebody signs in to your account, or tries to, it stands here.
          </Notice>
        ) : (
          <DataTable
            label="Sign-ins"
            columns={signInColumns}
            rows={rows ?? []}
            rowId={({ id }) => id}
            renderNarrow={(row) => <NarrowSignIn entry={row} />}
          />
        )}
      </GoesOn>
    </Page>
  );
}
