/** The first steps, ticked off by what is really there; gone when all are. */
import { Button } from '@mantine/core';
import { IconCheck, IconCircle } from '@tabler/icons-react';
import type { StateTotals } from '~/api/model';
import { useEndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { useCan } from '~/features/identity/session';
import { Section } from '~/ui/Section';
import { watched } from './headline';
import classes from './Overview.module.css';

export function GettingStarted({ totals }: { totals: StateTotals }) {
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');
  const all = watched(totals);
  const steps = [
    { done: true, text: 'Create the workspace and verify your address' },
    { done: all > 0, text: 'Add the first endpoint' },
    { done: totals.up + totals.down > 0, text: 'See its first answer arrive' },
    { done: all > 1, text: 'Add a second one, so that you can compare' },
  ];
  const done = steps.filter((step) => step.done).length;
  if (done === steps.length) return null;
  return (
    <Section
      title="Getting started"
      note={
        <span className="num">
          {done} of {steps.length}
        </span>
      }
      actions={
        mayWrite && (
          <Button variant="default" onClick={() => dialogs.open({ kind: 'add' })}>
            {all === 0 ? 'Add the first endpoint' : 'Add another'}
          </Button>
        )
      }
    >
      <ol className={classes.steps}>
        {steps.map((step) => {
          const Mark = step.done ? IconCheck : IconCircle;
          return (
            <li key={step.text} data-done={step.done}>
              <Mark size={16} stroke={1.8} role="img" aria-label={step.done ? 'Done:' : 'To do:'} />
              {step.text}
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
