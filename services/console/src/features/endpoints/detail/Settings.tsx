/** How it is set, and the levers: edit, pause, delete. */
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { Endpoint } from '~/api/model';
import { useCan } from '~/features/identity/session';
import { formatInterval } from '~/format/numbers';
import { formatInstant } from '~/format/time';
import { Section } from '~/ui/Section';
import { useEndpointActions } from '../actions';
import { useEndpointDialogs } from '../EndpointDialogs';
import classes from './Settings.module.css';

export function Settings({ endpoint }: { endpoint: Endpoint }) {
  const mayWrite = useCan('endpoints_write');
  return (
    <Section title="Settings" actions={mayWrite && <Levers endpoint={endpoint} />}>
      <dl className={classes.settings}>
        <Setting name="Checked">every {formatInterval(endpoint.interval_seconds)}</Setting>
        <Setting name="Given up after">{formatInterval(endpoint.timeout_ms / 1_000)}</Setting>
        <Setting name="Method">{endpoint.method}</Setting>
        <Setting name="Codes that count as up">{endpoint.expected_codes}</Setting>
        <Setting name="Added">
          <time dateTime={endpoint.created_at}>{formatInstant(endpoint.created_at)}</time>
        </Setting>
        <Setting name="Last changed">
          <time dateTime={endpoint.updated_at}>{formatInstant(endpoint.updated_at)}</time>
        </Setting>
      </dl>
    </Section>
  );
}

function Levers({ endpoint }: { endpoint: Endpoint }) {
  const actions = useEndpointActions(endpoint);
  const dialogs = useEndpointDialogs();
  const navigate = useNavigate();
  const paused = endpoint.state === 'paused';
  return (
    <>
      <Button variant="default" onClick={() => dialogs.open({ kind: 'edit', id: endpoint.id })}>
        Edit
      </Button>
      <Button variant="default" onClick={paused ? actions.resume : actions.pause}>
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button
        variant="default"
        className={classes.delete}
        onClick={() => actions.remove(() => void navigate({ to: '/endpoints' }))}
      >
        Delete
      </Button>
    </>
  );
}

function Setting({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="eyebrow">{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}
