/** Go to anything: pages, endpoints (searched by the server) and actions. */
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight } from '@mantine/spotlight';
import '@mantine/spotlight/styles.layer.css';
import {
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPlus,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { $api } from '~/api/client';
import { useEndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { useCan, useSignOut } from '~/features/identity/session';
import { StateTick } from '~/ui/StateMark';
import { PAGES } from './nav';

interface Entry {
  key: string;
  label: string;
  /** Words people look for it by. */
  keywords?: string;
  icon: ReactNode;
  run: () => void;
}

const FOUND = 8;

const matching = (entries: Entry[], query: string): Entry[] => {
  const wanted = query.trim().toLowerCase();
  return entries.filter(({ label, keywords }) =>
    `${label} ${keywords ?? ''}`.toLowerCase().includes(wanted),
  );
};

function useActions(onHelp: () => void): Entry[] {
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');
  const signOut = useSignOut();
  const { setColorScheme } = useMantineColorScheme();
  const add: Entry = {
    key: 'add',
    label: 'Add an endpoint',
    keywords: 'create new monitor watch',
    icon: <IconPlus size={16} aria-hidden />,
    run: () => dialogs.open({ kind: 'add' }),
  };
  return [
    ...(mayWrite ? [add] : []),
    {
      key: 'dark',
      label: 'Dark appearance',
      keywords: 'theme mode night',
      icon: <IconMoon size={16} aria-hidden />,
      run: () => setColorScheme('dark'),
    },
    {
      key: 'light',
      label: 'Light appearance',
      keywords: 'theme mode day',
      icon: <IconSun size={16} aria-hidden />,
      run: () => setColorScheme('light'),
    },
    {
      key: 'keys',
      label: 'Keyboard shortcuts',
      keywords: 'help',
      icon: <IconKeyboard size={16} aria-hidden />,
      run: onHelp,
    },
    {
      key: 'out',
      label: 'Sign out',
      keywords: 'log out leave',
      icon: <IconLogout size={16} aria-hidden />,
      run: () => signOut.mutate({}),
    },
  ];
}

function useFoundEndpoints(query: string): Entry[] {
  const navigate = useNavigate();
  const [q] = useDebouncedValue(query.trim(), 150);
  const found = $api.useQuery(
    'get',
    '/api/v1/endpoints',
    { params: { query: { q, limit: FOUND } } },
    { enabled: q !== '', placeholderData: keepPreviousData },
  );
  if (q === '') return [];
  return (found.data?.items ?? []).map(({ id, name, url, state }) => ({
    key: id,
    label: name,
    keywords: url,
    icon: <StateTick state={state} />,
    run: () => void navigate({ to: '/endpoints/$id', params: { id } }),
  }));
}

export function Palette({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  const pages = PAGES.map(
    ({ to, label, icon: Icon }): Entry => ({
      key: to,
      label,
      icon: <Icon size={16} aria-hidden />,
      run: () => void navigate({ to }),
    }),
  );
  const groups = [
    { name: 'Pages', entries: matching(pages, query) },
    { name: 'Endpoints', entries: useFoundEndpoints(query) },
    { name: 'Actions', entries: matching(useActions(onHelp), query) },
  ].filter(({ entries }) => entries.length > 0);

  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      scrollable
      maxHeight={420}
      overlayProps={{ blur: 0, backgroundOpacity: 0.6 }}
      attributes={{ content: { 'aria-label': 'Go to' } }}
    >
      <Spotlight.Search
        placeholder="A page, an endpoint or an action"
        aria-label="A page, an endpoint or an action"
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {groups.map(({ name, entries }) => (
          <Spotlight.ActionsGroup key={name} label={name}>
            {entries.map(({ key, label, keywords, icon, run }) => (
              <Spotlight.Action
                key={key}
                label={label}
                {...(name === 'Endpoints' && keywords ? { description: keywords } : {})}
                leftSection={icon}
                onClick={run}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {groups.length === 0 && <Spotlight.Empty>Nothing found</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
