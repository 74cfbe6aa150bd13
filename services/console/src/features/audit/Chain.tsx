/** Whether the log is what was sealed: asked for, because it reads all of it. */
import { Button, Progress } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '~/api/client';
import type { AuditVerification } from '~/api/model';
import { problemText } from '~/api/problem';
import { plural } from '~/format/numbers';
import { formatInstant } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { Section } from '~/ui/Section';
import classes from './AuditLog.module.css';

/** The whole log, as many rows a call as the API takes. */
async function verify(tell: (percent: number) => void): Promise<AuditVerification> {
  const faults: AuditVerification['faults'] = [];
  let after: number | undefined;
  for (;;) {
    const query = after === undefined ? {} : { after };
    const { data } = await api.GET('/api/v1/audit/verification', { params: { query } });
    if (!data) throw new Error('a verification without a body');
    faults.push(...data.faults);
    const next = data.next_after ?? undefined;
    if (next === undefined) return { ...data, faults, intact: faults.length === 0 };
    after = next;
    tell((100 * next) / data.last_seq);
  }
}

export function Chain() {
  const [percent, setPercent] = useState(0);
  const look = useMutation({
    mutationFn: () => {
      setPercent(0);
      return verify(setPercent);
    },
  });
  return (
    <Section
      title="Is it whole?"
      actions={
        <Button variant="default" loading={look.isPending} onClick={() => look.mutate()}>
          Verify the log
        </Button>
      }
    >
      <div className={classes.chain}>
        <p>
          Every row is sealed with a hash over itself and all before it. A row that was changed,
          removed, moved or slipped in is found.
        </p>
        {look.isPending && <Progress value={percent} aria-label="Rows looked at" />}
        {look.isError && (
          <Callout tone="warn" title="It could not be verified">
            {problemText(look.error)}
          </Callout>
        )}
        {look.data && !look.isPending && <Verdict found={look.data} />}
      </div>
    </Section>
  );
}

function Verdict({ found }: { found: AuditVerification }) {
  if (!found.intact) {
    return (
      <Callout tone="down" title="The log is not what was sealed">
        <ul>
          {found.faults.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
        Export it now, and tell Signalbox support.
      </Callout>
    );
  }
  return (
    <Callout title={`Whole: ${plural(found.last_seq, 'row')}`}>
      {found.anchor && <>Sealed until {formatInstant(found.anchor.sealed_at)}. </>}
      {found.waiting > 0 && <>{plural(found.waiting, 'row')} of the last seconds still to seal. </>}
      {found.last_hash && (
        <>
          Note the last hash elsewhere, and nobody can rewrite what came before it unnoticed:{' '}
          <code className="num wrap">{found.last_hash}</code>
        </>
      )}
    </Callout>
  );
}
