/** A verb for several: what becomes of them, why, and how far it is. */
import { Button, Group, Modal, Progress, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { plural } from '~/format/numbers';
import { Callout } from '~/ui/Callout';
import { useNarrow } from '~/ui/useNarrow';
import { api } from '../../../api/client';
import type { Verb } from '../../../api/model';
import { ApprovalNote, useNeedsApproval } from '../../approvals/needed';
import type { Chosen } from '../list/selection';
import { refreshTenants } from '../queries';
import { MEANING, stateWord, verbsFor } from '../state';
import classes from './Bulk.module.css';
import { type Outcome, type Outcomes, runBulk, tally } from './run';

/** Organisations that the API takes in one request. */
const MOST = 200;

interface BulkDialogProps {
  verb: Verb;
  chosen: Chosen[];
  /** Whether anything was begun. */
  onClose: (ran: boolean) => void;
}

export function BulkDialog({ verb, chosen, onClose }: BulkDialogProps) {
  const narrow = useNarrow();
  const bulk = useBulk(verb);
  const close = () => onClose(bulk.outcomes !== null);
  return (
    <Modal
      opened
      onClose={close}
      size={620}
      fullScreen={narrow}
      closeOnClickOutside={false}
      closeOnEscape={!bulk.running}
      withCloseButton={!bulk.running}
      title={`${MEANING[verb].label}: ${plural(chosen.length, 'organisation')}`}
    >
      {bulk.outcomes ? (
        <Course
          verb={verb}
          chosen={chosen}
          outcomes={bulk.outcomes}
          running={bulk.running}
          onStop={bulk.stop}
          onAgain={() => {
            const left = new Set(tally(bulk.outcomes ?? new Map()).left);
            bulk.start(chosen.filter(({ id }) => left.has(id)));
          }}
          onClose={close}
        />
      ) : (
        <Question verb={verb} chosen={chosen} onStart={bulk.begin(chosen)} onClose={close} />
      )}
    </Modal>
  );
}

function useBulk(verb: Verb) {
  const queryClient = useQueryClient();
  const [outcomes, setOutcomes] = useState<Outcomes | null>(null);
  const [running, setRunning] = useState(false);
  const needsApproval = useNeedsApproval(verb, true);
  const stopped = useRef(false);
  const reason = useRef('');

  async function start(chosen: Chosen[]) {
    stopped.current = false;
    setRunning(true);
    await runBulk({
      chosen,
      // One question for another operator, not one for each portion.
      ...(needsApproval ? { portion: MOST } : {}),
      send: async (portion) => {
        const body = {
          verb,
          ids: portion.map(({ id }) => id),
          ...(reason.current ? { reason: reason.current } : {}),
          ...(verb === 'delete' ? { confirm: portion.map(({ slug }) => slug) } : {}),
        };
        const { data } = await api.POST('/api/v1/tenants/bulk', { body });
        if (!data) return { items: [] };
        return 'approval' in data ? { items: data.answered, approval: data.approval } : data;
      },
      // A second try leaves standing what the first one did.
      show: (next) => setOutcomes((before) => new Map([...(before ?? []), ...next])),
      stopped: () => stopped.current,
    });
    setRunning(false);
    await refreshTenants(queryClient);
  }

  return {
    outcomes,
    running,
    start: (chosen: Chosen[]) => void start(chosen),
    begin: (chosen: Chosen[]) => (why: string) => {
      reason.current = why;
      void start(chosen);
    },
    stop: () => {
      stopped.current = true;
    },
  };
}

interface QuestionProps {
  verb: Verb;
  chosen: Chosen[];
  onStart: (reason: string) => void;
  onClose: () => void;
}

function Question({ verb, chosen, onStart, onClose }: QuestionProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [faults, setFaults] = useState<{ reason?: string; typed?: string }>({});
  const { label, effect, destructive } = MEANING[verb];
  const phrase = `delete ${plural(chosen.length, 'organisation')}`;
  const unfit = chosen.filter(({ state }) => !verbsFor(state).includes(verb)).length;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = {
      ...(reason.trim() ? {} : { reason: 'Say why: it stands in the audit log' }),
      ...(destructive && typed.trim() !== phrase ? { typed: `Type: ${phrase}` } : {}),
    };
    setFaults(found);
    if (Object.keys(found).length === 0) onStart(reason.trim());
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <Callout tone={destructive ? 'down' : 'plain'} title="For each of them">
          {effect}
        </Callout>
        <ApprovalNote verb={verb} several />
        {unfit > 0 && (
          <Text size="sm" c="dimmed">
            {plural(unfit, 'organisation')} of these will be refused or stay as they are: their
            state has no such move.
          </Text>
        )}
        <ul className={classes.names} aria-label="To be changed">
          {chosen.map(({ id, slug, state }) => (
            <li key={id}>
              <span className="wrap">{slug}</span>
              <span className={classes.quiet}>{stateWord(state)}</span>
            </li>
          ))}
        </ul>
        <Textarea
          label="Reason"
          description="For the audit log, and for the organisations’ people"
          rows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          error={faults.reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {destructive && (
          <TextInput
            label="Confirm"
            description={`Type: ${phrase}`}
            autoComplete="off"
            value={typed}
            error={faults.typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" {...(destructive ? { color: 'down' } : {})}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const COURSE: Record<Outcome['kind'], string> = {
  waiting: 'Waits',
  asked: 'Waits for another operator',
  running: 'Under way',
  done: 'Done',
  refused: 'Refused',
  unknown: 'Not known',
};

function tell(outcome: Outcome | undefined): string {
  if (!outcome) return '';
  if (outcome.kind === 'done') {
    return outcome.changed ? `Now: ${stateWord(outcome.state)}` : 'Nothing to do';
  }
  return 'detail' in outcome ? `${COURSE[outcome.kind]}. ${outcome.detail}` : COURSE[outcome.kind];
}

interface CourseProps {
  verb: Verb;
  chosen: Chosen[];
  outcomes: Outcomes;
  running: boolean;
  onStop: () => void;
  onAgain: () => void;
  onClose: () => void;
}

function Course({ verb, chosen, outcomes, running, onStop, onAgain, onClose }: CourseProps) {
  const { finished, changed, unchanged, asked, left } = tally(outcomes);
  return (
    <Stack>
      <Progress.Root size="lg">
        <Progress.Section
          value={(100 * finished) / chosen.length}
          aria-label={`${finished} of ${chosen.length}`}
        />
      </Progress.Root>
      <Text role="status">
        {running
          ? `${finished} of ${chosen.length}`
          : `${plural(changed, 'organisation')} ${MEANING[verb].done}${
              unchanged ? `, ${unchanged} as before` : ''
            }${asked ? `, ${asked} wait for another operator` : ''}${left.length ? `, ${left.length} not` : ''}.`}
      </Text>
      <ul className={classes.names} aria-label="Progress">
        {chosen.map(({ id, slug }) => (
          <li key={id} data-kind={outcomes.get(id)?.kind}>
            <span className="wrap">{slug}</span>
            <span className={classes.quiet}>{tell(outcomes.get(id))}</span>
          </li>
        ))}
      </ul>
      <Group justify="flex-end">
        {running ? (
          <Button variant="default" onClick={onStop}>
            Stop
          </Button>
        ) : (
          <>
            {left.length > 0 && (
              <Button variant="default" onClick={onAgain}>
                Try the rest again
              </Button>
            )}
            <Button onClick={onClose}>Done</Button>
          </>
        )}
      </Group>
    </Stack>
  );
}
