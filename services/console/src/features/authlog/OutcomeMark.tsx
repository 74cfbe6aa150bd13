/** What became of an attempt: a word, and a sign for whoever does not see colours. */
import { Group } from '@mantine/core';
import { IconBan, IconCheck } from '@tabler/icons-react';
import { outcomeWords } from './words';

export function OutcomeMark({ outcome, refused }: { outcome: string; refused: boolean }) {
  const Icon = refused ? IconBan : IconCheck;
  return (
    <Group component="span" gap={6} wrap="nowrap">
      <Icon
        size={15}
        aria-hidden
        color={refused ? 'var(--down)' : 'var(--mantine-color-dimmed)'}
        style={{ flex: 'none' }}
      />
      <span className="wrap">{outcomeWords(outcome)}</span>
    </Group>
  );
}
