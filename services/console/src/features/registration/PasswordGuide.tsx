/** The list of rules that ticks while a password is typed, and the meter under it. */
import { Text, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import classes from './PasswordGuide.module.css';
import {
  type Context,
  contextWords,
  fits,
  MAX_LENGTH,
  MIN_LENGTH,
  namesContext,
} from './passwordRules';
import type { Score } from './strength';

const VERDICTS = ['Guessed at once', 'Weak', 'Fair', 'Good', 'Strong'] as const;
/** The API refuses less. */
const GOOD: Score = 3;
const JUDGED_AFTER_MS = 150;

/** Loads the judge with the first character; without it the meter stays away and the API decides. */
function useScore(password: string, context: Context): Score | null {
  const judge = useQuery({
    queryKey: ['password-judge'],
    queryFn: () => import('./strength').then((module) => module.scorePassword),
    enabled: password !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const [settled] = useDebouncedValue(password, JUDGED_AFTER_MS);
  // Beyond the limit nothing is judged: the work grows with the square of the length.
  if (!settled || settled.length > MAX_LENGTH) return null;
  return judge.data?.(settled, contextWords(context)) ?? null;
}

export function PasswordGuide({ password, context }: { password: string; context: Context }) {
  const score = useScore(password, context);
  const typed = password !== '';
  return (
    <div className={classes.guide}>
      <ul className={classes.rules} aria-label="Rules for the password">
        <Rule met={typed && fits(password)}>
          {MIN_LENGTH} to {MAX_LENGTH} characters
        </Rule>
        <Rule met={typed && !namesContext(password, context)}>
          Without the organisation’s name or your e-mail
        </Rule>
        <Rule met={score !== null && score >= GOOD}>Neither common nor easy to guess</Rule>
      </ul>
      {score !== null && (
        <div className={classes.meter}>
          <div className={classes.steps} data-score={score} aria-hidden="true">
            <span />
            <span />
            <span />
            <span />
          </div>
          <Text size="xs" c="dimmed" role="status">
            <VisuallyHidden>Strength: </VisuallyHidden>
            {VERDICTS[score]}
          </Text>
        </div>
      )}
    </div>
  );
}

function Rule({ met, children }: { met: boolean; children: React.ReactNode }) {
  const Mark = met ? IconCheck : IconMinus;
  return (
    <li data-met={met}>
      <Mark size={14} role="img" aria-label={met ? 'Met:' : 'Open:'} />
      <span>{children}</span>
    </li>
  );
}
