/** Find, who, what, when, and the way back from one person or thing. */
import { Button, Select } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { DayRange } from '~/ui/DayRange';
import { FindField } from '~/ui/FindField';
import classes from './AuditLog.module.css';
import { ACTORS, type AuditSearch } from './search';

const route = getRouteApi('/_app/settings/audit');

const WHO: Record<(typeof ACTORS)[number], string> = {
  user: 'People',
  key: 'Programs with a key',
  worker: 'Signalbox itself',
  operator: 'Signalbox support',
  anonymous: 'Nobody signed in',
};

/** The first words of actions. A test of the server holds every one of its own beside these. */
const WHAT = {
  account: 'Account',
  api_key: 'API key',
  codes: 'One-time codes',
  email: 'E-mail',
  email_change: 'Change of e-mail',
  endpoint: 'Endpoint',
  identity: 'Identity elsewhere',
  invitation: 'Invitation',
  member: 'Member',
  organization: 'Organisation',
  ownership: 'Ownership',
  ownership_offer: 'Offer of ownership',
  passkey: 'Passkey',
  password: 'Password',
  password_reset: 'Forgotten password',
  recovery: 'Recovery of the owner',
  session: 'Session',
  sessions: 'All sessions',
  sign_in_policy: 'Rules for signing in',
  support: 'Support access',
  token: 'Token',
  user: 'User',
  verification: 'Verification',
};

export function Toolbar() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<AuditSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const known = ACTORS.some((kind) => kind === search.actor);

  return (
    <search className={classes.toolbar} aria-label="Audit log">
      <FindField
        className={classes.find}
        label="Find in names, values, ids and addresses"
        placeholder="Find in names, values, ids"
        settled={search.q ?? ''}
        onFind={(q) => change({ q })}
      />
      <Select
        className={classes.select}
        aria-label="Who"
        placeholder="Anybody"
        clearable
        clearButtonProps={{ 'aria-label': 'Anybody' }}
        data={ACTORS.map((value) => ({ value, label: WHO[value] }))}
        value={known ? (search.actor ?? null) : null}
        onChange={(actor) => change({ actor: (actor as AuditSearch['actor']) ?? undefined })}
      />
      <Select
        className={classes.select}
        aria-label="What"
        placeholder="Anything"
        clearable
        clearButtonProps={{ 'aria-label': 'Anything' }}
        data={Object.entries(WHAT).map(([value, label]) => ({ value, label }))}
        searchable
        value={search.action ?? null}
        onChange={(action) => change({ action: action ?? undefined })}
      />
      <DayRange from={search.from} to={search.to} onChange={change} />
      {search.actor && !known && (
        <Only words="Only one person" onClear={() => change({ actor: undefined })} />
      )}
      {search.target && (
        <Only words="Only one thing" onClear={() => change({ target: undefined })} />
      )}
    </search>
  );
}

export function Only({ words, onClear }: { words: string; onClear: () => void }) {
  return (
    <Button
      variant="light"
      rightSection={<IconX size={14} aria-hidden />}
      aria-label={`${words}: show all again`}
      onClick={onClear}
    >
      {words}
    </Button>
  );
}
