/** Go to anything: pages, endpoints (searched by the server) and actions. */
import { Combobox, Modal, TextInput, useCombobox, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
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
import { type ReactNode, useEffect, useState } from 'react';
import { $api } from '~/api/client';
import { useEndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { useCan, useSignOut } from '~/features/identity/session';
import { StateTick } from '~/ui/StateMark';
import { PAGES } from './nav';
import classes from './Palette.module.css';

interface Entry {
  key: string;
  label: string;
  /** Words people look for it by. */
  keywords?: string;
  /** Small print under the label. */
  note?: string;
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

function usePages(): Entry[] {
  const navigate = useNavigate();
  return PAGES.map(({ to, label, icon: Icon }) => ({
    key: to,
    label,
    icon: <Icon size={16} aria-hidden />,
    run: () => void navigate({ to }),
  }));
}

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
    note: url,
    icon: <StateTick state={state} />,
    run: () => void navigate({ to: '/endpoints/$id', params: { id } }),
  }));
}

interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  onHelp: () => void;
}

export function Palette({ opened, onClose, onHelp }: PaletteProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={600}
      yOffset="10vh"
      attributes={{ content: { 'aria-label': 'Go to' } }}
    >
      <Finder onClose={onClose} onHelp={onHelp} />
    </Modal>
  );
}

/** Begins anew with every opening. */
function Finder({ onClose, onHelp }: Omit<PaletteProps, 'opened'>) {
  const [query, setQuery] = useState('');
  const groups = [
    { name: 'Pages', entries: matching(usePages(), query) },
    { name: 'Endpoints', entries: useFoundEndpoints(query) },
    { name: 'Actions', entries: matching(useActions(onHelp), query) },
  ].filter(({ entries }) => entries.length > 0);
  const entries = groups.flatMap((group) => group.entries);

  const combobox = useCombobox({ opened: true, onDropdownClose: onClose });
  // What the server finds comes after the typing: Enter means the first of what is shown.
  const shown = entries.map(({ key }) => key).join();
  const { selectFirstOption } = combobox;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its first entry.
  useEffect(() => {
    selectFirstOption();
  }, [shown]);

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(key) => {
        onClose();
        entries.find((entry) => entry.key === key)?.run();
      }}
    >
      <Combobox.EventsTarget withExpandedAttribute>
        <TextInput
          className={classes.search}
          variant="unstyled"
          size="lg"
          data-autofocus
          aria-label="A page, an endpoint or an action"
          placeholder="A page, an endpoint or an action"
          leftSection={<IconSearch size={18} aria-hidden />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options className={classes.list} aria-label="Found">
        {groups.map((group) => (
          <Combobox.Group key={group.name} label={<span className="eyebrow">{group.name}</span>}>
            {group.entries.map(({ key, label, note, icon }) => (
              <Combobox.Option key={key} value={key} className={classes.entry}>
                {icon}
                <span className={classes.label}>
                  {label}
                  {note && <span className={classes.note}>{note}</span>}
                </span>
              </Combobox.Option>
            ))}
          </Combobox.Group>
        ))}
        {entries.length === 0 && <Combobox.Empty>Nothing found</Combobox.Empty>}
      </Combobox.Options>
    </Combobox>
  );
}
