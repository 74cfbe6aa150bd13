/** What was ticked, and what can be done to all of it. */
import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { plural } from '~/format/numbers';
import type { Verb } from '../../../api/model';
import { useChosen } from '../list/selection';
import { MEANING, VERBS, verbsFor } from '../state';
import classes from './Bulk.module.css';
import { BulkDialog } from './BulkDialog';

export function BulkBar() {
  const { chosen, clear } = useChosen();
  const [verb, setVerb] = useState<Verb | null>(null);
  if (chosen.size === 0) return null;
  const close = (ran: boolean) => {
    setVerb(null);
    // What was ticked is no longer what it was.
    if (ran) clear();
  };
  const all = [...chosen.values()];
  return (
    <section className={classes.bar} aria-label="Selected organisations">
      <Text size="sm" fw={600} role="status">
        {plural(chosen.size, 'organisation')} selected
      </Text>
      <Group gap="xs">
        {VERBS.filter((each) => all.some(({ state }) => verbsFor(state).includes(each))).map(
          (each) => (
            <Button
              key={each}
              variant="default"
              {...(MEANING[each].destructive ? { c: 'var(--mantine-color-error)' } : {})}
              onClick={() => setVerb(each)}
            >
              {MEANING[each].label}…
            </Button>
          ),
        )}
        <Button variant="subtle" onClick={clear}>
          Select none
        </Button>
      </Group>
      {verb && <BulkDialog verb={verb} chosen={all} onClose={close} />}
    </section>
  );
}
