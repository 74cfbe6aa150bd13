/** A mail's link that does not work, and the way to another one. */
import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Problem, problemText } from '~/api/problem';
import { FrontDoor } from '~/ui/FrontDoor';

interface LinkRefusalProps {
  /** What the link was for. */
  eyebrow: string;
  /** Null for a link without its secret part. */
  error: unknown;
  retry?: () => void;
  /** How to get another one. */
  children: ReactNode;
}

const DEAD: Record<string, [title: string, why: string]> = {
  token_expired: ['This link has expired', 'It was good for a limited time only.'],
  token_not_found: [
    'This link no longer works',
    'It was used already, or a newer one replaced it.',
  ],
};

export function LinkRefusal({ eyebrow, error, retry, children }: LinkRefusalProps) {
  const code = Problem.is(error) ? error.code : '';
  const [title, why] =
    error === null
      ? ['This link is incomplete', 'Its secret part is missing.']
      : (DEAD[code] ?? ['That did not work', problemText(error)]);
  const worthAnotherTry = error !== null && !(code in DEAD);
  return (
    <FrontDoor eyebrow={eyebrow} title={title}>
      <Text role="alert">{why}</Text>
      {worthAnotherTry && retry ? <Button onClick={retry}>Try again</Button> : children}
    </FrontDoor>
  );
}
